// Queued mails are encrypted in the database: tested on a real one, beside the plain store of its jobs.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deriveKey } from '../../src/domain/derive-key.ts';
import { encryptMailPayloads } from '../../src/storage/encrypt-mail-payloads.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts';
import type { Job, JobStore, Storage } from '../../src/storage/storage.ts';

const NOW = 1_000_000;
const CODE = { code: '123456' };

let directory: string;
let storage: Storage;
let plain: JobStore;
let jobs: JobStore;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'encrypted-mails-'));
  storage = await openSqliteStorage({ path: join(directory, 'test.sqlite'), clock: () => NOW });
  plain = storage.jobs;
  jobs = encryptMailPayloads(plain, deriveKey('secret', 'mails'));
});
afterEach(async () => {
  await storage.close();
  rmSync(directory, { recursive: true });
});

const enqueue = async (kind: string, key: string, store = jobs) =>
  store.enqueue({ key, kind, payload: CODE, run_at: NOW } as never);
/** Leases the jobs of a kind and completes them, so that they can be revived. */
async function lease(kind: string): Promise<Job[]> {
  const leased = await jobs.lease(10, 1000, kind);
  for (const { key, lease: id = '' } of leased) await jobs.complete(key, id);
  return leased;
}
const SEALED = { sealed: expect.stringMatching(/^[\w-]{40,}$/) };

test.each(['send_mail', 'send_sms', 'tell_account_change'])(
  '%s: encrypted in the database, and readable by the runner',
  async (kind) => {
    await enqueue(kind, 'mail');
    expect((await plain.find('mail'))?.payload).toEqual(SEALED);
    expect((await jobs.find('mail'))?.payload).toEqual(CODE);
    expect((await lease(kind)).map(({ payload }) => payload)).toEqual([CODE]);
    await jobs.revive('mail', { code: '654321' }, NOW);
    expect((await plain.find('mail'))?.payload).toEqual(SEALED);
    expect((await jobs.find('mail'))?.payload).toEqual({ code: '654321' });
  },
);

test('another job, and a mail of a version that did not encrypt: as they are', async () => {
  await enqueue('deliver_dealer_link', 'link');
  await lease('deliver_dealer_link');
  await jobs.revive('link', { code: '2' }, NOW);
  expect([(await plain.find('link'))?.payload, (await jobs.find('link'))?.payload]).toEqual([{ code: '2' }, { code: '2' }]);
  await enqueue('send_mail', 'old', plain);
  expect((await jobs.find('old'))?.payload).toEqual(CODE);
  await jobs.revive('unknown', CODE, NOW);
  expect(await jobs.find('unknown')).toBeUndefined();
});

test('a payload that was moved to another job, or encrypted with another key: stays closed', async () => {
  await enqueue('send_mail', 'mail');
  const { payload } = (await plain.find('mail')) ?? {};
  await plain.enqueue({ key: 'moved', kind: 'send_mail', payload, run_at: NOW } as never);
  expect((await jobs.find('moved'))?.payload).toEqual(SEALED);
  expect((await encryptMailPayloads(plain, deriveKey('other', 'mails')).find('mail'))?.payload).toEqual(SEALED);
});
