// The process of a test world: `node world-process.ts <project directory> <app>…`. Messages move its clock; TEST_CLOCK_AHEAD says how far
// ahead of the machine's it starts.
import type { AppName } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { createConfigSource } from '../../src/config/config-source.ts';
import { startApps } from '../../src/start-apps.ts';

const [directory = '', ...names] = process.argv.slice(2);
let ahead = Number(process.env.TEST_CLOCK_AHEAD ?? 0);

process.on('message', ({ advance }: { advance: number }) => {
  ahead += advance;
  process.send?.('moved');
});

try {
  const source = createConfigSource(process.env, directory, names as AppName[]);
  const config = source.load();
  const apps = await startApps(config, names as AppName[], () => Date.now() + ahead, source);
  process.on('SIGTERM', () => {
    void apps.stop().then(() => process.exit(0));
  });
  // The test that started it is gone.
  process.on('disconnect', () => process.exit(0));
  process.send?.('ready');
} catch (error) {
  process.stderr.write(error instanceof ConfigError ? error.format() : String(error));
  process.exit(1);
}
