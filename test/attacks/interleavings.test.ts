// Random interleavings of two people, each with three tabs, against the real program on a storage that delays writes and forces
// conflicts; after each step every invariant is checked. A failure names its seed and path: RACE_SEED and RACE_PATH play it again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, jest, test } from '@jest/globals';
import { CHILD_ENVIRONMENT } from '../support/child-environment.ts';
import { figure } from './support/figure.ts';

const PROCESS = fileURLToPath(new URL('support/interleavings-process.ts', import.meta.url));

jest.setTimeout(figure(3 * 3_600_000, 300_000));

test('S101 random interleavings of two people in six tabs, with forced conflicts and delays: every invariant holds after each step', async () => {
  const { RACE_SEED: seed = '', RACE_PATH: path = '' } = process.env;
  const again = [seed, path].filter(Boolean);
  const child = spawn(process.execPath, ['--no-warnings', PROCESS, String(figure(2_000, 100)), ...again], {
    env: { ...CHILD_ENVIRONMENT, ...(process.env.JEST_WORKER_ID && { JEST_WORKER_ID: process.env.JEST_WORKER_ID }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [said, failure] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  expect(failure).toBe('');
  // The sequences went far enough to break something.
  const counts = JSON.parse(said) as Record<string, number>;
  expect(Object.entries(counts).filter(([, count]) => count === 0)).toEqual([]);
});
