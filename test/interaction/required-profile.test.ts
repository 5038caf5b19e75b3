// ⑫ stores the typed values and their confirmation in one write. On a real database.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { changesGuarded, confirmProfile } from '../../src/interaction/required-profile/flow.ts';
import { createJobQueue } from '../../src/jobs/job-queue.ts';
import { guardRecords } from '../../src/storage/records.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { eventAbout, sampleAccount } from '../storage/conformance/samples.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = 1_000_000_000;

let directory: string;
let storage: Storage;
let deps: never;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'required-profile-'));
  storage = await openSqliteStorage({ path: join(directory, 'db.sqlite'), clock: () => NOW });
  const jobs = createJobQueue(storage.jobs, () => NOW);
  deps = {
    storage: guardRecords(storage, () => NOW),
    clock: () => NOW,
    jobs,
    config: { issuer: 'http://id.example', passkeyOrigins: [] },
  } as never;
});
afterEach(async () => {
  await storage.close();
  await rm(directory, { recursive: true });
});

test('S123 a guarded change without the password: not written, even if the page did not expect the change', async () => {
  const read = sampleAccount('a', { created_at: NOW - DAY_MS });
  await storage.accounts.create(read, eventAbout('a'));
  const confirm = async (typed: object, passwordGiven: boolean) =>
    confirmProfile(deps, read, 'site', typed, ['birthdate'], passwordGiven);
  expect(await confirm({ birthdate: '1990-01-01' }, false)).toBe(false);
  expect(await storage.accounts.find('a')).toMatchObject({ version: 1 });
  // Unguarded and unchanged values need no password.
  expect(await confirm({ gender: 'female', given_name: '太郎' }, false)).toBe(true);
  expect(await storage.accounts.find('a')).toMatchObject({
    profile: { gender: 'female', family_name: '田中' },
    confirmations: { site: { claims: ['birthdate'], confirmed_at: NOW } },
  });
  expect(await confirm({ birthdate: '1990-01-01' }, true)).toBe(true);
  const account = await storage.accounts.find('a');
  expect(account?.profile).toMatchObject({ birthdate: '1990-01-01', gender: 'female' });
  expect([changesGuarded(account!, { birthdate: '1990-01-02' }, NOW), changesGuarded(account!, { gender: 'male' }, NOW)]).toEqual(
    [true, false],
  );
});
