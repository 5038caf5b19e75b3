// Starts the program: configuration, apps, and an orderly end on a signal. The only place that ends the process.
import { fileURLToPath } from 'node:url';
import type { AppName } from './config/config.ts';
import { ConfigError } from './config/config-error.ts';
import { createConfigSource } from './config/config-source.ts';
import { formatProblem } from './config/problem.ts';
import { startApps, type RunningApps } from './start-apps.ts';
import { welcome } from './welcome.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ALL: AppName[] = ['mailbox', 'dealer', 'id', 'owners-site', 'notebook'];

async function main(named: string[]): Promise<void> {
  const names = named.length ? (named as AppName[]) : ALL;
  const unknown = names.filter((name) => !ALL.includes(name));
  if (unknown.length) throw new Error(`unknown app: ${unknown.join(', ')}; there are ${ALL.join(', ')}`);
  const source = createConfigSource(process.env, ROOT, names);
  const config = source.load();
  for (const warning of config.warnings) process.stderr.write(`warning: ${formatProblem(warning)}\n`);
  const apps = await startApps(config, names, Date.now, source);
  stopOnSignal(apps);
  // A terminal that is closed sends it too; whoever started the program there wants it to end with it.
  if (!process.stdin.isTTY) process.on('SIGHUP', () => void apps.reload());
  process.stdout.write(welcome(config, names));
}

/** The first signal drains, a second one ends at once. */
function stopOnSignal(apps: RunningApps): void {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      apps.stop().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof ConfigError) process.stderr.write(error.format());
  else process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
