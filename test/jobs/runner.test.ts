// A job is done once, by the process that leased it, even if it takes long or the database goes away meanwhile.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Mail } from '../../src/domain/mails.ts';
import { createJobQueue } from '../../src/jobs/job-queue.ts';
import { LEASE_MS } from '../../src/jobs/keep-lease.ts';
import { createJobRunner, type JobHandler, type JobRunner } from '../../src/jobs/runner.ts';
import { guardRecords } from '../../src/storage/records.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts';
import { StorageUnavailable, type Storage } from '../../src/storage/storage.ts';
import type { Emit } from '../../src/telemetry/emit.ts';
import { untilTrue } from '../support/until-true.ts';

const RENEW_EVERY_MS = 5;
const MAIL: Mail = { to: 'taro@example.jp', template: 'password-reset-paused', language: 'ja', values: {} };

let directory: string;
let storage: Storage;
let now: number;
let runners: JobRunner[];
/** The events. */
let told: unknown[];
/** Releases the mail that is being sent. */
let takeIt: () => void;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'runner-'));
  now = 1_000_000;
  storage = await openSqliteStorage({ path: join(directory, 'jobs.sqlite'), clock: () => now });
  runners = [];
  told = [];
  takeIt = () => undefined;
});
afterEach(async () => {
  takeIt();
  await Promise.all(runners.map(async (runner) => runner.stop()));
  await storage.close();
  await rm(directory, { recursive: true });
});

/** A runner of one node; `send` is its mailer. */
function startRunner(send: JobHandler['run'], jobs = storage.jobs) {
  const queue = createJobQueue(jobs, () => now);
  const others: JobHandler = { run: async () => undefined, giveUpAfterMs: 0 };
  const handlers = {
    send_mail: { run: send, giveUpAfterMs: 24 * LEASE_MS },
    send_sms: others,
    mail_password_reset: others,
    move_login_number: others,
    deliver_dealer_link: others,
    update_dealer_link: others,
    withdraw_dealer_link: others,
    withdraw_erased_link: others,
    settle_user_handle: others,
    follow_migration: others,
    tell_account_change: others,
    backchannel_logout: others,
    log_out_of_client: others,
    end_account: others,
    look_up_lost_mailbox: others,
    change_lost_mailbox: others,
    expire_lost_mailbox: others,
    erase_account: others,
    remove_second_factor: others,
    send_wave: others,
  };
  const clock = (): number => now;
  const emit: Emit = (...event) => void told.push(event);
  const deps = { storage: guardRecords({ ...storage, jobs }, clock), clock, log: pino({ level: 'silent' }), jobs: queue, emit };
  const runner = createJobRunner(deps, () => handlers, RENEW_EVERY_MS);
  runner.start();
  runners.push(runner);
  return queue;
}

const isDone = async (key: string): Promise<boolean> => (await storage.jobs.find(key))?.state === 'done';

test('a mail that takes longer than a lease is sent once, although others look for jobs', async () => {
  const sent: string[] = [];
  const slow = new Promise<void>((resolve) => (takeIt = resolve));
  const send: JobHandler['run'] = async (_, { key }) => {
    sent.push(key);
    if (key === 'slow') await slow;
  };
  const [here, there] = [startRunner(send), startRunner(send)];
  await here.enqueue('send_mail', 'slow', MAIL);
  await untilTrue('somebody has it', async () => sent.length === 1);
  for (const key of ['one', 'two', 'three', 'four']) {
    const leasedUntil = (await storage.jobs.find('slow'))?.run_at ?? 0;
    now += LEASE_MS - 10_000;
    await untilTrue('the lease is renewed', async () => ((await storage.jobs.find('slow'))?.run_at ?? 0) > leasedUntil);
    // A runner that takes this one has seen all due jobs.
    await there.enqueue('send_mail', key, MAIL);
    await untilTrue('it is sent', async () => isDone(key));
  }
  takeIt();
  await untilTrue('it is sent', async () => isDone('slow'));
  expect(sent).toEqual(['slow', 'one', 'two', 'three', 'four']);
});

test('a mail that was sent while the database was away is not sent again', async () => {
  let sent = 0;
  let away = 2;
  const queue = startRunner(
    async () => {
      sent += 1;
    },
    {
      ...storage.jobs,
      async complete(key, lease) {
        if (away-- > 0) throw new StorageUnavailable('away');
        return storage.jobs.complete(key, lease);
      },
    },
  );
  await queue.enqueue('send_mail', 'once', MAIL);
  await untilTrue('it is done', async () => isDone('once'));
  expect(sent).toBe(1);
  expect(await storage.jobs.find('once')).toMatchObject({ attempts: 1 });
});

test('a run that fails is an event, with the outcome: tried again, or failed for good', async () => {
  const fails = startRunner(async () => Promise.reject(new Error('the mail server is away')));
  await fails.enqueue('send_mail', 'again', MAIL);
  await untilTrue('it failed', async () => told.length > 0);
  const event = { kind: 'send_mail', job: 'again', attempts: 1, reason: 'the mail server is away' };
  expect(told).toEqual([['job.failed', { ...event, outcome: 'retried' }]]);
  now += 24 * LEASE_MS;
  await untilTrue('it failed for good', async () => (await storage.jobs.find('again'))?.state === 'dead');
  expect(told.at(-1)).toEqual(['job.failed', { ...event, attempts: 2, outcome: 'failed' }]);
});
