// What it costs to look for due jobs of one kind, while many of another kind are due.
import { afterEach, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStorage } from '../../../src/storage/open-storage.ts';
import type { Storage } from '../../../src/storage/storage.ts';

const NOW = 1_900_000_000_000;
const OTHERS = 60_000;
const LOOKS = 20;

let directory: string;
let storage: Storage | undefined;
afterEach(async () => {
  await storage?.close();
  await rm(directory, { recursive: true, force: true });
});

/** The processor time of a number of looks for a kind without jobs, in milliseconds. */
async function timeOfLooks(of: Storage): Promise<number> {
  const before = process.cpuUsage();
  for (let look = 0; look < LOOKS; look += 1) expect(await of.jobs.lease(16, 60_000, 'send_sms')).toEqual([]);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

// Every process looks for each kind once a second, and whenever a job is enqueued.
test('many due jobs of another kind: a look for the jobs of a kind does not read them, and still finds its own in the order of their time', async () => {
  directory = await mkdtemp(join(tmpdir(), 'due-jobs-'));
  const path = join(directory, 'id.sqlite');
  storage = await openStorage(`sqlite:${path}`, () => NOW);
  await timeOfLooks(storage);
  const alone = await timeOfLooks(storage);
  const connection = new DatabaseSync(path);
  connection.exec(`
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${OTHERS})
    INSERT INTO jobs (key, kind, payload, state, attempts, run_at, created_at)
    SELECT 'other ' || i, 'send_mail', '{}', 'waiting', 0, ${NOW} - i, ${NOW} FROM n`);
  connection.close();
  // Reading them takes hundreds of milliseconds.
  expect(await timeOfLooks(storage)).toBeLessThan(5 * alone + 50);

  for (const [key, run_at] of [
    ['later', NOW - 1],
    ['first', NOW - OTHERS],
    ['not yet', NOW + 1],
  ] as const)
    await storage.jobs.enqueue({ key, kind: 'send_sms', payload: {}, run_at });
  expect((await storage.jobs.lease(16, 60_000, 'send_sms')).map(({ key }) => key)).toEqual(['first', 'later']);
});
