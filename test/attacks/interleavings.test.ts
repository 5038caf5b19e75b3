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

/** How many sequences of each kind: registrations and migrations; and lives of IDs. */
type Runs = { registrations: number; lives: number };
/** So many lives have every deed. */
const MANY_LIVES = 200;

/** @param databaseUrl default: SQLite */
async function playAll({ registrations, lives }: Runs, databaseUrl?: string): Promise<void> {
  const { RACE_SEED: seed = '', RACE_PATH: path = '' } = process.env;
  const again = [seed, path].filter(Boolean);
  const child = spawn(process.execPath, ['--no-warnings', PROCESS, String(registrations), String(lives), ...again], {
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
  const { counts, reached, lived } = JSON.parse(said) as Record<'counts' | 'reached' | 'lived', Record<string, number>>;
  const far = { ...counts, ...(registrations > 0 ? reached : {}), ...(lives >= MANY_LIVES ? lived : {}) };
  expect(Object.entries(far).filter(([, count]) => count === 0)).toEqual([]);
}

test('S101 random interleavings of two people in six tabs, and of two who keep and end their IDs, with forced conflicts and delays: every invariant holds after each step', async () => {
  await playAll({ registrations: figure(2_000, 56), lives: figure(500, 3) });
});

describeInFull(() => {
  describeOnMongo(({ url }) => {
    test('S101 the same on MongoDB: every invariant holds after each step', async () => {
      await playAll({ registrations: 500, lives: 200 }, url());
    });
  });
});
