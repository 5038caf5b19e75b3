// Random interleavings of two people with three tabs each, against the real program on a storage that delays writes and forces
// conflicts. Each step is followed by a check of every invariant. A failure names its seed and path, and RACE_SEED and RACE_PATH replay it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, jest, test } from '@jest/globals';
import { CHILD_ENVIRONMENT } from '../support/child-environment.ts';
import { PORT_RANGE } from '../support/port-range.ts';
import { describeInFull } from './support/describe-in-full.ts';
import { figure } from './support/figure.ts';
import { describeOnMongo } from './support/mongo-database.ts';

const PROCESS = fileURLToPath(new URL('support/interleavings-process.ts', import.meta.url));

jest.setTimeout(figure(3 * 3_600_000, 300_000));

/** @param databaseUrl default: SQLite */
async function playAll(runs: number, databaseUrl?: string): Promise<void> {
  const { RACE_SEED: seed = '', RACE_PATH: path = '' } = process.env;
  const again = [seed, path].filter(Boolean);
  const child = spawn(process.execPath, ['--no-warnings', PROCESS, String(runs), ...again], {
    env: {
      ...CHILD_ENVIRONMENT,
      ...(process.env.JEST_WORKER_ID && { JEST_WORKER_ID: process.env.JEST_WORKER_ID }),
      ...(process.env[PORT_RANGE] && { [PORT_RANGE]: process.env[PORT_RANGE] }),
      ...(databaseUrl && { DATABASE_URL: databaseUrl }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [said, failure] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  expect(failure).toBe('');
  // The sequences went far enough to find faults.
  const counts = JSON.parse(said) as Record<string, number>;
  expect(Object.entries(counts).filter(([, count]) => count === 0)).toEqual([]);
}

test('S101 random interleavings of two people in six tabs, with forced conflicts and delays: every invariant holds after each step', async () => {
  await playAll(figure(2_000, 60));
});

describeInFull(() => {
  describeOnMongo(({ url }) => {
    test('S101 the same on MongoDB: every invariant holds after each step', async () => {
      await playAll(500, url());
    });
  });
});
