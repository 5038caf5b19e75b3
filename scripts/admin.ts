// What operators do by hand: npm run admin -- <command> …. Each command is a file in scripts/admin/; without one, all are listed.
import { ConfigError } from '../src/config/config-error.ts';
import { UsageError } from './admin/usage-error.ts';

export type AdminCommand = {
  /** One line each: what follows `npm run admin --`, and what it does. */
  usage: readonly (readonly [call: string, does: string])[];
  /** @throws with a sentence for the person at the terminal */
  run(args: string[]): Promise<void>;
};

const COMMANDS: Record<string, () => Promise<{ command: AdminCommand }>> = {
  clients: () => import('./admin/clients.ts'),
  keys: () => import('./admin/keys.ts'),
  secrets: () => import('./admin/secrets.ts'),
  config: () => import('./admin/config.ts'),
  storage: () => import('./admin/storage.ts'),
};

async function usage(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const lines = commands.flatMap(({ command }) => command.usage);
  const width = Math.max(...lines.map(([call]) => call.length)) + 2;
  return `npm run admin -- <command>\n\n${lines.map(([call, does]) => `  ${call.padEnd(width)}${does}`).join('\n')}\n`;
}

async function main([name, ...args]: string[]): Promise<void> {
  const load = name === undefined ? undefined : COMMANDS[name];
  if (load) return (await load()).command.run(args);
  process.stdout.write(await usage());
  if (name !== undefined && name !== 'help' && name !== '--help') throw new UsageError(`there is no command ${name}`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof ConfigError) process.stderr.write(error.format());
  else process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
