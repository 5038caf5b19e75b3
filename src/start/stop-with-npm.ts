// `npm run …` that is asked to end hands the signal to its shell, which hands it to nobody: without its shell the program ends too.

const WATCH_MS = 500;

/** @param script of package.json that starts this program; begun otherwise, nothing is watched */
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
