// When a command ends – by a signal, an error, or because npm was told to end – also ends its child processes and removes its temporary files.
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopWithNpm } from '../src/start/stop-with-npm.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Call this first. It covers child processes started with `spawn` and `fork`. A `detached` child is ended with its whole
 * process group.
 * @param script the name of the script in package.json
 */
export function endTogether(script: string): void {
  const children = new Set<ChildProcess>();
  subscribe('child_process', (message) => {
    const { process: child } = message as { process: ChildProcess };
    children.add(child);
    child.once('exit', () => children.delete(child));
  });
  process.on('exit', () => children.forEach(kill));
  for (const signal of SIGNALS) process.on(signal, () => process.exit(128 + constants.signals[signal]));
  stopWithNpm(script);
}

/** Call this after `endTogether`. Temporary files go into a folder of this process, which is removed when it ends. */
export function useOwnTemporaryFolder(): void {
  const folder = mkdtempSync(join(tmpdir(), 'common-id-'));
  process.env.TMPDIR = folder;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
}

function kill({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  for (const whom of [-pid, pid]) {
    try {
      process.kill(whom, 'SIGKILL');
      return;
    } catch {
      // The child leads no process group, or has already ended.
    }
  }
}
