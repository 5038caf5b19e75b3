// Starts, reads and kills a separate process that uses a database; storage-process.ts is its program.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { EventEmitter } from 'node:events';
import { join } from 'node:path';

const PROGRAM = join(import.meta.dirname, 'storage-process.ts');

export function startProcess(...args: string[]): ChildProcess {
  return fork(PROGRAM, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
}

/** What a child tells next; one that ends instead of answering is an error, not a wait. */
export async function next(child: ChildProcess, source: EventEmitter = child, event = 'message'): Promise<unknown> {
  const ended = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`the process ended (${String(code)}) without a word`)),
  );
  const [answer] = (await Promise.race([once(source, event), ended])) as unknown[];
  return answer;
}

/** Waits until a child has acknowledged something. Returns a function that returns the complete lines that it has printed. */
export async function listen(child: ChildProcess): Promise<() => string[]> {
  const { stdout } = child;
  if (!stdout) throw new Error('the process has no standard output');
  let text = '';
  stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await next(child, stdout, 'data');
  return () => text.split('\n').slice(0, -1);
}

export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
