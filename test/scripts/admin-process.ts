// Runs commands of `npm run admin`, one after the other: a process that has loaded the program answers the next command in a tenth of the time.
import { runCommand } from '../../scripts/admin/run-command.ts';

/** A command, with its whole environment. */
export type AdminOrder = { args: string[]; env: Record<string, string | undefined> };

const { now } = Date;
/** Operators work at the time of the world. */
Date.now = () => now() + Number(process.env.TEST_CLOCK_AHEAD ?? 0);

const output = { out: '', err: '' };
process.stdout.write = (text: string | Uint8Array) => ((output.out += String(text)), true);
process.stderr.write = (text: string | Uint8Array) => ((output.err += String(text)), true);

process.on('message', ({ args, env }: AdminOrder) => {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  Object.assign(output, { out: '', err: '' });
  process.exitCode = undefined;
  void runCommand(args).then(() => process.send?.({ ...output, code: process.exitCode ?? 0 }));
});
process.on('disconnect', () => process.exit(0));
