// How much work the processes of a world spend on passwords: counted, not measured, so that a busy machine changes nothing.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type HashWork = {
  /** Settings of the processes whose work counts. */
  env: Record<string, string>;
  /** Returns the work of an action: 2^cost for each comparison. */
  of(action: () => Promise<unknown>): Promise<number>;
  remove(): void;
};

export function countHashWork(): HashWork {
  const directory = mkdtempSync(join(tmpdir(), 'hash-work-'));
  const file = join(directory, 'costs');
  return {
    env: { NODE_OPTIONS: `--no-warnings --import ${new URL('log-hash-work.ts', import.meta.url).href}`, HASH_WORK_FILE: file },
    async of(action) {
      writeFileSync(file, '');
      await action();
      const costs = readFileSync(file, 'utf8').trim().split('\n').filter(Boolean);
      return costs.reduce((sum, cost) => sum + 2 ** Number(cost), 0);
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
