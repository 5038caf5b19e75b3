// Runs `npm run admin -- …` as the process that it is.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { COMPILE_CACHE } from '../support/child-environment.ts';

const PROGRAM = join(import.meta.dirname, '../../scripts/admin.ts');

/** How it ended: its exit code, or the signal that ended it; and what it wrote. */
export type Ended = { code: unknown; out: string; err: string };

/** @param options.env all of it, but for Node's own cache; that of the tests where it is left out */
export async function runAdmin(
  args: readonly string[],
  { env = process.env, cwd }: { env?: NodeJS.ProcessEnv; cwd?: string },
): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [PROGRAM, ...args],
      { env: { ...COMPILE_CACHE, ...env }, cwd, timeout: 60_000 },
      (error, out, err) => resolve({ code: error?.code ?? error?.signal ?? 0, out, err }),
    );
  });
}
