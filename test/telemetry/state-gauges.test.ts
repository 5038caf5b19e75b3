// The gauges of a process and of the database that it shares with others.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHashingLane } from '../../src/authentication/password/hashing-lane.ts';
import type { Dealer } from '../../src/config/config.ts';
import { createDealerBreaker, FAILURES_IN_A_ROW } from '../../src/jobs/dealer-breaker.ts';
import { stateSources } from '../../src/start/state-sources.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { addUp } from '../../src/telemetry/add-up.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

const NOW = 1_790_000_000_000;
const clock = (): number => NOW;
const DEALERS = [
  { code: 'up', resource: 'https://up.example.jp' },
  { code: 'down', resource: 'https://down.example.jp' },
] as Dealer[];
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

let directory: string;
let storage: Storage;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gauges-'));
  storage = await openSqliteStorage({ path: join(directory, 'a.sqlite'), clock });
});
afterAll(async () => {
  await storage.close();
  await rm(directory, { recursive: true });
});

/** Makes the metrics of a process, and returns it with its status. */
function makeProcess(of: Pick<Storage, 'artifacts' | 'jobs' | 'load'> = storage) {
  const status = {
    draining: false,
    hashLane: { running: 0, waiting: 0, places: 64 },
    configuration: { version: 'v', inForceSince: 0 },
  };
  const metrics = createMetrics(status, { events: [], signInMethods: [], jobs: [], mails: [] });
  const breaker = createDealerBreaker({ clock, log });
  metrics.watch(stateSources(of, clock, () => DEALERS, breaker));
  return { status, metrics, breaker };
}

const valueIn = (text: string, series: string): string | undefined =>
  text
    .split('\n')
    .find((line) => line.startsWith(`${series} `))
    ?.slice(series.length + 1);

test('two processes: what each does is summed, and what the database has is counted once', async () => {
  for (const [key, wait] of [
    ['a', -90_000],
    ['b', -5_000],
    ['c', 60_000],
  ] as const)
    await storage.jobs.enqueue({ key, kind: 'send_mail', payload: {}, run_at: NOW + wait });
  for (const id of ['a', 'b', 'c']) await storage.artifacts.save('Session', id, {}, NOW + 1000);
  const [one, two] = [makeProcess(), makeProcess()];

  // Three hashes in a lane of two: one of them waits. The lanes of both processes are looked at together.
  const hold = Promise.withResolvers<void>();
  const options = { concurrency: 2, queueLimit: 64, perMinute: { address: 9, account: 9, draft: 9 }, clock };
  const hashes = [one, two].flatMap(({ status }) => {
    const lane = createHashingLane({ ...options, load: status.hashLane });
    return [1, 2, 3].map(async () => lane(undefined, async () => hold.promise));
  });
  const fail = async (): Promise<void> => Promise.reject(new Error('no'));
  for (let n = 0; n < FAILURES_IN_A_ROW; n += 1) await two.breaker.call('https://down.example.jp', fail).catch(() => undefined);

  const text = addUp(await Promise.all([one, two].map(async ({ metrics }) => metrics.text())));
  for (const [series, value] of [
    ['common_id_jobs{kind="send_mail",state="due"}', '2'],
    ['common_id_jobs{kind="send_mail",state="later"}', '1'],
    ['common_id_jobs{kind="erase_account",state="dead"}', '0'],
    ['common_id_jobs_overdue_seconds{kind="send_mail"}', '90'],
    ['common_id_jobs_overdue_seconds{kind="send_sms"}', '0'],
    ['common_id_stored_artifacts{kind="Session"}', '3'],
    ['common_id_storage_waiting', '0'],
    ['common_id_password_hashes{state="running"}', '4'],
    ['common_id_password_hashes{state="waiting"}', '2'],
    ['common_id_password_hash_places', '128'],
    ['common_id_dealer_up{dealer="up"}', '1'],
    ['common_id_dealer_up{dealer="down"}', '0'],
  ] as const)
    expect([series, valueIn(text, series)]).toEqual([series, value]);
  const { fileBytes } = await storage.load();
  expect(Number(valueIn(text, 'common_id_sqlite_file_bytes'))).toBe(fileBytes);

  hold.resolve();
  await Promise.all(hashes);
  const later = addUp(await Promise.all([one, two].map(async ({ metrics }) => metrics.text())));
  expect(valueIn(later, 'common_id_password_hashes{state="running"}')).toBe('0');
  expect(valueIn(later, 'common_id_password_hashes{state="waiting"}')).toBe('0');
});

test('a database that does not answer: the scrape is answered without its numbers, and the next one asks again', async () => {
  const stuck = Promise.withResolvers<never>();
  let asked = 0;
  const counts = async (): Promise<never> => {
    asked += 1;
    return stuck.promise;
  };
  const { metrics } = makeProcess({ ...storage, jobs: { ...storage.jobs, countByKind: counts } });
  const without = async (): Promise<void> => {
    const { text } = await metrics.text();
    expect(text).not.toMatch(/^common_id_(jobs|jobs_overdue_seconds|stored_artifacts)[ {]/m);
    expect(valueIn(text, 'common_id_storage_waiting')).toBe('0');
  };
  await without();
  await without();
  // It is still being asked, so it is not asked again.
  expect(asked).toBe(1);
  stuck.reject(new Error('away'));
  while (asked < 2) await without();
});

test('the times of operations are a histogram with cumulative buckets', async () => {
  const { metrics } = makeProcess();
  for (const seconds of [0.0005, 0.0006, 0.2, 9]) metrics.countOperation('accounts.find', seconds);
  const { text } = await metrics.text();
  const name = 'common_id_storage_operation_duration_seconds';
  for (const [le, value] of [
    ['0.0005', '1'],
    ['0.001', '2'],
    ['0.1', '2'],
    ['0.25', '3'],
    ['2.5', '3'],
    ['+Inf', '4'],
  ])
    expect([le, valueIn(text, `${name}_bucket{le="${le}",operation="accounts.find"}`)]).toEqual([le, value]);
  expect(valueIn(text, `${name}_count{operation="accounts.find"}`)).toBe('4');
  expect(Number(valueIn(text, `${name}_sum{operation="accounts.find"}`))).toBeCloseTo(9.2011);
});
