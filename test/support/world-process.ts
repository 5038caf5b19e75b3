// The process of a test world, or of several, one after the other. It does what messages tell it (world-orders.ts).
// The setting TEST_CLOCK_AHEAD says how far ahead of the machine's clock a world starts.
import { flushCompileCache } from 'node:module';
import type { AppName } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/problems/config-error.ts';
import { createConfigSource } from '../../src/config/config-source.ts';
import { startApps, type RunningApps } from '../../src/start/start-apps.ts';
import { END_OF_WORLD, type Answer, type ClockOrder, type Order } from './world-orders.ts';

let ahead = 0;
let stoppedAt: number | undefined;
const clock = (): number => stoppedAt ?? Date.now() + ahead;
let running: RunningApps | undefined;

async function start({ directory, apps, env }: Extract<Order, { start: unknown }>['start']): Promise<void> {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  ahead = Number(env.TEST_CLOCK_AHEAD ?? 0);
  stoppedAt = undefined;
  const names = apps as AppName[];
  const source = createConfigSource(process.env, directory, names);
  running = await startApps(source.load(), names, clock, source);
}

function turnClock(order: ClockOrder): void {
  if (order === 'go on') {
    ahead = clock() - Date.now();
    stoppedAt = undefined;
  } else if ('stopAt' in order) stoppedAt = order.stopAt;
  else if (stoppedAt === undefined) ahead += order.advance;
  else stoppedAt += order.advance;
}

async function stop(): Promise<void> {
  await running?.stop();
  running = undefined;
  // For the processes that others start now; Node writes the cache at the end only.
  flushCompileCache();
  process.stdout.write(END_OF_WORLD);
  process.stderr.write(END_OF_WORLD);
}

async function follow(order: Order): Promise<Answer> {
  try {
    if (order === 'stop') await stop();
    else if ('clock' in order) turnClock(order.clock);
    else await start(order.start);
    return 'done';
  } catch (error) {
    return { failed: error instanceof ConfigError ? error.format() : String(error) };
  }
}

process.on('message', (order: Order) => {
  void follow(order).then((answer) => process.send?.(answer));
});
// The test that started it is gone.
process.on('disconnect', () => process.exit(0));
