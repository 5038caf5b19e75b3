// A new password and its consequences, on a real database.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setPassword } from '../../../src/authentication/password/set-password.ts';
import { createJobQueue } from '../../../src/jobs/job-queue.ts';
import { guardRecords, type Records } from '../../../src/storage/records.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/open-sqlite-storage.ts';
import { eventAbout, sampleAccount } from '../../storage/conformance/samples.ts';

const NOW = 1_800_000_000_000;
const WANTED = { email: 'new@example.jp', email_canonical: 'new@example.jp', asked_at: NOW - 1 };

let directory: string;
let storage: Records;
let deps: never;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'set-password-'));
  const opened = await openSqliteStorage({ path: join(directory, 'test.sqlite'), clock: () => NOW });
  await opened.accounts.create(sampleAccount('a', { password_hash: 'old', email_change: WANTED }), eventAbout('a'));
  storage = guardRecords(opened, () => NOW);
  const jobs = createJobQueue(opened.jobs, () => NOW);
  deps = { storage, clock: () => NOW, jobs, config: { issuer: 'http://id.example' } } as never;
});
afterEach(async () => {
  await storage.close();
  rmSync(directory, { recursive: true });
});

test.each([
  ['account.password_changed', WANTED],
  ['account.password_reset', undefined],
] as const)('%s: earlier sign-ins end, the owner gets a mail, and a pending change of address is %j', async (how, wanted) => {
  await setPassword(deps, 'a', 'new', how);
  const account = await storage.accounts.find('a');
  expect(account).toMatchObject({ password_hash: 'new', password_changed_at: NOW, passwords_before: [{ password_hash: 'old' }] });
  expect(account?.sign_ins_ended_at).toBeGreaterThanOrEqual(NOW);
  expect(account?.email_change).toEqual(wanted);
  expect(account?.mails_owed?.flatMap(({ mails }) => mails)).toMatchObject([
    { to: account?.email, template: 'password-changed', values: { url: 'http://id.example/password/forgotten' } },
  ]);
});

test.each([
  ['account.password_changed', ['old', 'young', 'new']],
  ['account.password_reset', ['old']],
] as const)('%s: of the passkeys, these stay: %j; the owner is told of the others', async (how, stay) => {
  const day = 24 * 60 * 60 * 1000;
  const ages = { old: 3 * day, young: 3 * day - 1, new: 0 };
  const passkeys = Object.entries(ages).map(([name, age]) => ({ id: name, name, created_at: NOW - age }));
  await storage.accounts.change('a', (account) => ({
    to: { ...account, passkeys: passkeys as never },
    type: 'account.profile_changed',
  }));
  await setPassword(deps, 'a', 'new', how);
  const account = await storage.accounts.find('a');
  expect(account?.passkeys?.map(({ name }) => name)).toEqual(stay);
  const mails = account?.mails_owed?.flatMap((owed) => owed.mails) ?? [];
  const removed = mails.find(({ template }) => template === 'passkey-removed');
  expect(removed?.values).toEqual(
    how === 'account.password_changed' ? undefined : expect.objectContaining({ name: 'young、new' }),
  );
});

test('a condition that no longer holds: nothing is written', async () => {
  const before = await storage.accounts.find('a');
  expect(await setPassword(deps, 'a', 'new', 'account.password_reset', () => false)).toBeUndefined();
  expect(await storage.accounts.find('a')).toEqual(before);
});
