// Starts the program as operators do.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../src/main.js', import.meta.url));

/** Starts the common ID, and ends it when it is ready. */
export async function start(env: NodeJS.ProcessEnv, port: number): Promise<{ ready: boolean; code: unknown; err: string }> {
  const child = spawn(process.execPath, [MAIN, 'id'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), 90_000);
  let ready = false;
  while (!ready && child.exitCode === null && child.signalCode === null) {
    ready =
      port !== 0 &&
      (await fetch(`http://127.0.0.1:${port}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      ));
    if (!ready) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (ready) child.kill('SIGTERM');
  const [code] = (await ended) as [unknown];
  clearTimeout(timer);
  return { ready, code, err };
}
