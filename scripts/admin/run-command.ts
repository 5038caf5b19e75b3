// Runs one command of the operators, or lists all.
import { ConfigError } from '../../src/config/problems/config-error.ts';
import { didYouMean } from './did-you-mean.ts';
import { tellProblem } from './problems.ts';
import type { AdminCommand } from './topic.ts';
import { UsageError } from './usage-error.ts';

const COMMANDS: Record<string, () => Promise<{ command: AdminCommand }>> = {
  accounts: () => import('./accounts.ts'),
  clients: () => import('./clients.ts'),
  keys: () => import('./keys.ts'),
  secrets: () => import('./secrets.ts'),
  config: () => import('./config.ts'),
  'hand-over': () => import('./hand-over.ts'),
  jobs: () => import('./jobs.ts'),
  ledger: () => import('./ledger.ts'),
  'lost-mailbox': () => import('./lost-mailbox.ts'),
  migration: () => import('./migration.ts'),
  sandbox: () => import('./sandbox.ts'),
  storage: () => import('./storage.ts'),
};

async function usage(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const lines = commands.flatMap(({ command }) => command.usage);
  const width = Math.max(...lines.map(([call]) => call.length)) + 2;
  return `npm run admin -- <command>\n\n${lines.map(([call, does]) => `  ${call.padEnd(width)}${does}`).join('\n')}\n`;
}

async function run([name, ...args]: string[]): Promise<void> {
  if (name === undefined || name === 'help' || name === '--help') return void process.stdout.write(await usage());
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load) throw new UsageError(`there is no command ${name}${didYouMean(name, Object.keys(COMMANDS))}`);
  return (await load()).command.run(args);
}

/** Prints an error: as JSON to standard output for programs, as a sentence to standard error for people. */
function tell(error: unknown, forPrograms: boolean): void {
  const sentence = error instanceof Error ? error.message : String(error);
  const problems = error instanceof ConfigError ? error.problems : undefined;
  if (forPrograms)
    process.stdout.write(`${JSON.stringify({ ok: false, error: sentence, problems: problems?.map(tellProblem) }, null, 2)}\n`);
  else process.stderr.write(error instanceof ConfigError ? error.format() : `${sentence}\n`);
}

/** Runs `<command> <action> …`, writes what it says to the process's output, and sets its exit code: 1 if something is wrong, 2 for a wrong call. */
export async function runCommand(args: string[]): Promise<void> {
  try {
    await run(args);
  } catch (error) {
    tell(error, args.includes('--json'));
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
