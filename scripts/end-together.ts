// A command that is ended – by a signal, a fault, an npm that was asked to end – takes along what it has started and put down for a time.
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopWithNpm } from '../src/start/stop-with-npm.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * To be called first. Only what is started without waiting (`spawn`, `fork`) is seen; one that is `detached` takes along what it has
 * started itself.
 * @param script of package.json
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

/** To be called behind `endTogether`: temporary files come into a folder of this process's own, which goes when it ends. */
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
      // It leads no group of its own, or has ended meanwhile.
    }
  }
}
