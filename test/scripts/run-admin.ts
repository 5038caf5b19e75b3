// Runs `npm run admin -- …` as the process that it is, or many times in one process.
import { execFile, fork } from 'node:child_process';
import { join } from 'node:path';
import { COMPILE_CACHE } from '../support/child-environment.ts';
import type { AdminOrder } from './admin-process.ts';

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

export type AdminProcess = {
  /** Runs a command, after those that were given before. */
  run(order: AdminOrder): Promise<Ended>;
  stop(): void;
};

/** Starts a process for many commands. To start Node and load the program takes nine tenths of the time of one. */
export function startAdminProcess(): AdminProcess {
  const child = fork(join(import.meta.dirname, 'admin-process.ts'), [], {
    env: { ...COMPILE_CACHE },
    execArgv: ['--no-warnings'],
  });
  const exited = new Promise<never>((_, reject) => {
    child.once('exit', (code) => reject(new Error(`the process of the commands ended with ${code}`)));
  });
  // Those who wait for an answer get the error.
  exited.catch(() => undefined);
  let before: Promise<unknown> = Promise.resolve();
  const ask = async (order: AdminOrder): Promise<Ended> => {
    const answered = new Promise<Ended>((resolve) => child.once('message', (answer) => resolve(answer as Ended)));
    child.send(order);
    return Promise.race([answered, exited]);
  };
  return {
    async run(order) {
      const ended = before.then(async () => ask(order));
      before = ended.catch(() => undefined);
      return ended;
    },
    stop: () => child.disconnect(),
  };
}
