// Ends the program when npm ends. `npm run …` passes a signal to its shell, which does not pass it on; so the program watches for the end of that shell.

const WATCH_MS = 500;

/** @param script the script in package.json that starts this program; if it was started another way, nothing is watched */
export function stopWithNpm(script: string): void {
  if (process.env.npm_lifecycle_event !== script) return;
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, WATCH_MS);
  watch.unref();
}
