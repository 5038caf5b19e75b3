// The process of a test world: `node world-process.ts <project directory> <app>…`. Messages move its clock; TEST_CLOCK_AHEAD says how far
// ahead of the machine's it starts.
import type { AppName } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/problems/config-error.ts';
import { createConfigSource } from '../../src/config/config-source.ts';
import { startApps } from '../../src/start/start-apps.ts';

const [directory = '', ...names] = process.argv.slice(2);
/** What the test says to the clock: goes on by so much; stands still at this moment; goes on from where it stood. */
export type ClockMessage = { advance: number } | { stopAt: number } | 'go on';

let ahead = Number(process.env.TEST_CLOCK_AHEAD ?? 0);
let stoppedAt: number | undefined;
const clock = (): number => stoppedAt ?? Date.now() + ahead;

process.on('message', (message: ClockMessage) => {
  if (message === 'go on') {
    ahead = clock() - Date.now();
    stoppedAt = undefined;
  } else if ('stopAt' in message) stoppedAt = message.stopAt;
  else if (stoppedAt === undefined) ahead += message.advance;
  else stoppedAt += message.advance;
  process.send?.('moved');
});

try {
  const source = createConfigSource(process.env, directory, names as AppName[]);
  const config = source.load();
  const apps = await startApps(config, names as AppName[], clock, source);
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
