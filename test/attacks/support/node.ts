// One process of the system under attack: `node node.ts <project directory> <app>…`. Its clock is moved by messages.
import type { AppName } from '../../../src/config/config.ts';
import { ConfigError } from '../../../src/config/config-error.ts';
import { createConfigSource } from '../../../src/config/config-source.ts';
import { startApps } from '../../../src/start-apps.ts';

let ahead = Number(process.env.ATTACK_CLOCK_AHEAD ?? 0);
const clock = (): number => Date.now() + ahead;
const [directory = '', ...names] = process.argv.slice(2);

process.on('message', (message: { advance: number }) => {
  ahead += message.advance;
  process.send?.('advanced');
});

try {
  const source = createConfigSource(process.env, directory, names as AppName[]);
  const config = source.load();
  const apps = await startApps(config, names as AppName[], clock, source);
  process.send?.('ready');
  process.on('SIGTERM', () => void apps.stop().then(() => process.exit(0)));
  // The test that started it is gone.
  process.on('disconnect', () => process.exit(0));
} catch (error) {
  process.stderr.write(error instanceof ConfigError ? error.format() : String(error));
  process.exit(1);
}
