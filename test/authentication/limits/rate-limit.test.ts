// Limits with the counters of a real database.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LimitName } from '../../../src/telemetry/events.ts';
import { countForAll, createPacedLimit, createRateLimit } from '../../../src/authentication/limits/rate-limit.ts';
import { PageError } from '../../../src/http/page-error.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/open-sqlite-storage.ts';
import type { Storage } from '../../../src/storage/storage.ts';

let now: number;
let directory: string;
let storage: Storage;
beforeEach(async () => {
  now = 1_800_000_000_000;
  directory = mkdtempSync(join(tmpdir(), 'rate-limit-'));
  storage = await openSqliteStorage({ path: join(directory, 'test.sqlite'), clock: () => now });
});
afterEach(async () => {
  await storage.close();
  rmSync(directory, { recursive: true });
});
const clock = (): number => now;
const limit = (name: LimitName = 'login-account', points = 2) =>
  createRateLimit(name, { points, windowSeconds: 60 }, storage.counters, clock);
const paced = (points: number) =>
  createPacedLimit('login-address', { points, windowSeconds: 60, paceSeconds: 2 }, storage.counters, clock);

/** Returns the waiting time of the refusal in seconds, or `passed`. */
async function outcome(counting: Promise<unknown>): Promise<unknown> {
  return counting.then(
    () => 'passed',
    (error: unknown) => {
      if (!(error instanceof PageError)) throw error;
      return [error.status, error.code, error.retryAfterSeconds];
    },
  );
}
const refused = (seconds: number) => [429, 'too_many_requests', seconds];

test('a limit counts in a window that begins with the first use; then it returns the waiting time, a second at least', async () => {
  const { count } = limit();
  expect([await outcome(count('k')), await outcome(count('k')), await outcome(count('k'))]).toEqual([
    'passed',
    'passed',
    refused(60),
  ]);
  expect(await outcome(count('other'))).toBe('passed');
  expect(await outcome(limit('login-network').count('k'))).toBe('passed');
  now += 59_500;
  expect(await outcome(count('k'))).toEqual(refused(1));
  now += 500;
  expect(await outcome(count('k'))).toBe('passed');
});

test('a check counts nothing and refuses if nothing is left; a note counts and refuses nothing; a use that is taken back is free', async () => {
  const { check, note, takeBack, count } = limit();
  for (let time = 0; time < 3; time += 1) expect(await outcome(check('k'))).toBe('passed');
  await note('k');
  expect(await outcome(check('k'))).toBe('passed');
  await note('k');
  expect(await outcome(check('k'))).toEqual(refused(60));
  await note('k');
  await takeBack('k');
  await takeBack('k');
  expect([await outcome(count('k')), await outcome(count('k'))]).toEqual(['passed', refused(60)]);
});

test('a paced limit: above it one use passes in two seconds, and does not count for the window', async () => {
  const { count } = paced(1);
  const takeBack = await count('k');
  const beyond = await count('k');
  expect(await outcome(count('k'))).toEqual(refused(2));
  now += 2_000;
  expect(await outcome(count('k'))).toBe('passed');
  // A use above the limit has nothing to take back; a counted one has.
  await beyond();
  expect(await outcome(count('k'))).toEqual(refused(2));
  await takeBack();
  expect(await outcome(count('k'))).toBe('passed');
});

test('a database error is passed on, and takes no paced use', async () => {
  const broken = { ...storage.counters, add: async () => Promise.reject(new Error('away')) } as never;
  const { count } = createPacedLimit('login-address', { points: 1, windowSeconds: 60, paceSeconds: 2 }, broken, clock);
  await expect(count('k')).rejects.toThrow('away');
});

test('several limits: all are counted, or none', async () => {
  const [wide, narrow] = [
    paced(5),
    createPacedLimit('login-network', { points: 1, windowSeconds: 60, paceSeconds: 60 }, storage.counters, clock),
  ];
  const both = async () =>
    countForAll([
      [wide, 'k'],
      [narrow, 'k'],
    ]);
  const counted = async () => [
    (await storage.counters.get('login-address:k'))?.points,
    (await storage.counters.get('login-network:k'))?.points,
  ];
  const takeBack = await both();
  expect(await counted()).toEqual([1, 1]);
  await both();
  expect(await outcome(both())).toEqual(refused(60));
  expect(await counted()).toEqual([2, 1]);
  await takeBack();
  expect(await counted()).toEqual([1, 0]);
});
