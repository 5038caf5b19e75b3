// Signing in with a password, and entering it again, on a real database.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPasswordAgain } from '../../../src/authentication/password/password-again.ts';
import { createPasswordHasher, HashingLaneFull } from '../../../src/authentication/password/password-hash.ts';
import { createSignIn } from '../../../src/authentication/password/sign-in.ts';
import { createJobQueue } from '../../../src/jobs/job-queue.ts';
import { guardRecords } from '../../../src/storage/records.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/open-sqlite-storage.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { eventAbout, sampleAccount } from '../../storage/conformance/samples.ts';
import { ledgerOf } from '../../support/ledger-of.ts';

const NOW = 1_800_000_000_000;
const PASSWORD = 'Common-2026';
const hasherOf = (cost: number) => createPasswordHasher({ cost, concurrency: 1, queueLimit: 10 });
const LOGIN = { failuresPerAccount: 10, failuresPerAddress: 100, failuresPerNetwork: 100, windowSeconds: 900 };

let directory: string;
let storage: Storage;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sign-in-'));
  storage = await openSqliteStorage({ path: join(directory, 'test.sqlite'), clock: () => NOW });
  const hash = await hasherOf(4).hash(PASSWORD);
  await storage.accounts.create(sampleAccount('a', { password_hash: hash }), eventAbout('a'));
});
afterEach(async () => {
  await storage.close();
  rmSync(directory, { recursive: true });
});

function depsWith(hasher: ReturnType<typeof hasherOf>): never {
  const jobs = createJobQueue(storage.jobs, () => NOW);
  const config = { issuer: 'http://id.example', passkeyOrigins: [], rateLimits: { login: LOGIN } };
  const failures = { failedSignIns: { note: () => undefined }, regionOf: () => undefined, emit: () => undefined };
  return { storage: guardRecords(storage, () => NOW), clock: () => NOW, hasher, jobs, config, ...failures } as never;
}

async function signIn(password: string, hasher = hasherOf(4)) {
  const { email = '' } = (await storage.accounts.find('a')) ?? {};
  return createSignIn(depsWith(hasher))(email, password, { ip: '192.0.2.1', userAgent: '', knownDevice: () => undefined });
}
const hashNow = async (): Promise<string> => (await storage.accounts.find('a'))?.password_hash ?? '';

test('the correct password signs in, and no other', async () => {
  expect(await signIn(PASSWORD)).toMatchObject({ id: 'a' });
  expect(await signIn('Wrong-2026')).toBeUndefined();
});

test('a disabled account gets the answer of a wrong password', async () => {
  const account = await storage.accounts.find('a');
  if (account) await storage.accounts.update({ ...account, disabled_at: NOW }, eventAbout('a'));
  expect(await signIn(PASSWORD)).toBeUndefined();
});

test('a hash of another cost is replaced at the next sign-in, or at a later one if the lane is full', async () => {
  const before = await hashNow();
  const hasher = hasherOf(5);
  const full = { ...hasher, hash: async () => Promise.reject(new HashingLaneFull(2)) };
  expect(await signIn(PASSWORD, full)).toMatchObject({ id: 'a' });
  expect(await hashNow()).toBe(before);
  await signIn('Wrong-2026', hasher);
  expect(await hashNow()).toBe(before);
  expect(await signIn(PASSWORD, hasher)).toMatchObject({ id: 'a' });
  expect(await hashNow()).toMatch(/^\$2b\$05\$/);
  expect(await hasher.verify(PASSWORD, await hashNow())).toBe(true);
  const rehashed = await hashNow();
  await signIn(PASSWORD, hasher);
  expect(await hashNow()).toBe(rehashed);
});

test('a password that changes while it is hashed again: the new one stays', async () => {
  const hasher = hasherOf(5);
  const other = await hasher.hash('Another-2026');
  const slow = {
    ...hasher,
    async hash(password: string) {
      const account = await storage.accounts.find('a');
      if (account) await storage.accounts.update({ ...account, password_hash: other }, eventAbout('a'));
      return hasher.hash(password);
    },
  };
  expect(await signIn(PASSWORD, slow)).toMatchObject({ id: 'a' });
  expect(await hashNow()).toBe(other);
});

test('attempts that the hashing lane refused do not count as failures', async () => {
  const hasher = hasherOf(4);
  const full = { ...hasher, verify: async () => Promise.reject(new HashingLaneFull(2)) };
  for (let n = 0; n < 2 * LOGIN.failuresPerAccount; n += 1)
    await expect(signIn(PASSWORD, full)).rejects.toBeInstanceOf(HashingLaneFull);
  expect(await signIn(PASSWORD)).toMatchObject({ id: 'a' });
});

test('a new hash that fails for another reason than a full lane is an error of the sign-in', async () => {
  const hasher = { ...hasherOf(5), hash: async () => Promise.reject(new Error('no memory')) };
  await expect(signIn(PASSWORD, hasher)).rejects.toThrow('no memory');
});

test('a sign-in after five failures is written to the ledger, and after four it is not', async () => {
  const told = async () => (await ledgerOf(storage)).filter(({ type }) => type === 'account.signed_in_after_failures');
  for (const failures of [4, 5]) {
    for (let n = 0; n < failures; n += 1) await signIn('Wrong-2026');
    await signIn(PASSWORD);
    expect((await told()).map(({ data }) => data)).toEqual(failures < 5 ? [] : [{ failures }]);
  }
});

/** Enters the password again in a session of an account whose address is that of account `a`. Returns the answer and the page. */
async function enterAgain(sessionAccount: string, password: string | undefined, secondsAgo = 3600) {
  const seen: { confirmed?: string; email?: unknown; errors?: unknown; status?: number } = {};
  const state = {
    t: String,
    renderPage: (_view: string, data: object) => void Object.assign(seen, { email: '', errors: '', ...data }),
  };
  const body = password === undefined ? {} : { password_again: password };
  const cookies = { get: () => undefined, set: () => undefined };
  const ctx = { ip: '192.0.2.1', get: () => '', request: { body }, state, cookies };
  const account = { ...(await storage.accounts.find('a')), id: sessionAccount };
  const session = {
    account,
    authTime: NOW / 1000 - secondsAgo,
    confirmed: async ({ id }: { id: string }) => void (seen.confirmed = id),
  };
  const form = { action: '/', backUrl: '/', typed: {} };
  const isGiven = await createPasswordAgain(depsWith(hasherOf(4)))(ctx as never, session as never, form);
  return { isGiven, confirmed: seen.confirmed, errors: seen.errors };
}

test('a password entered again: needed five minutes after the last entry, correct, and of the very account of the session', async () => {
  const asked = { isGiven: false, confirmed: undefined, errors: '' };
  const wrong = { ...asked, errors: { password_again: 'form_errors.current_password_wrong' } };
  expect(await enterAgain('a', undefined, 300)).toEqual({ isGiven: true });
  expect(await enterAgain('a', undefined, 301)).toEqual(asked);
  expect(await enterAgain('a', '')).toEqual({ ...asked, errors: { password_again: 'form_errors.current_password_missing' } });
  expect(await enterAgain('a', 'Wrong-2026')).toEqual(wrong);
  expect(await enterAgain('a', PASSWORD)).toEqual({ isGiven: true, confirmed: 'a' });
  // The address belongs to another account by now.
  expect(await enterAgain('b', PASSWORD)).toEqual(wrong);
});
