// A proof is checked again when it is used, on the current account: design/security-2.md S101, S118, S122. The functions that
// write, on a real database, without anything else that ends sessions or tokens.
import { createSecretKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { askForEmail, changeEmail } from '../../src/account/email/flow.ts';
import { secretDigest } from '../../src/domain/account-token.ts';
import { findUndo, undoEmail } from '../../src/account/email/undo.ts';
import { askForCodeAgain, stillHolds } from '../../src/account/forgotten/flow.ts';
import { changeProfile } from '../../src/account/profile/flow.ts';
import { withdraw } from '../../src/account/withdrawal/flow.ts';
import { removePasskey } from '../../src/authentication/passkey/passkeys-of-account.ts';
import { createPasswordAgain } from '../../src/authentication/password/password-again.ts';
import { createPasswordHasher, type HashAsker, type PasswordHasher } from '../../src/authentication/password/password-hash.ts';
import { setPassword } from '../../src/authentication/password/set-password.ts';
import { authTimeOf, signInIsOver, type Account, type TermsAcceptance } from '../../src/domain/account.ts';
import type { PasswordReset } from '../../src/domain/password-reset.ts';
import { draftIdOf, hasRegistered, legacyClaim } from '../../src/interaction/create/draft.ts';
import { register } from '../../src/interaction/create/register.ts';
import { voucherOf } from '../../src/interaction/create/send-code.ts';
import { confirmProfile } from '../../src/interaction/required-profile/flow.ts';
import { createSignInChecks } from '../../src/oidc/sessions/sign-in-checks.ts';
import { createJobQueue } from '../../src/jobs/job-queue.ts';
import { guardRecords, type Records } from '../../src/storage/records.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { eventAbout, sampleAccount } from '../storage/conformance/samples.ts';
import { noEmit } from '../support/no-emit.ts';

let now = 0;
const clock = (): number => now;
/** It finds no sessions or tokens, because they were made just after it looked. */
const FINDS_NOTHING = { endAll: async () => undefined, endAllServices: async () => undefined } as never;
const BEFORE = { email: 'Before@example.jp', email_canonical: 'before@example.jp' };

const ASKER = {} as HashAsker;

let directory: string;
let storage: Storage;
let deps: never;
beforeEach(async () => {
  now = 1_000_000_000;
  directory = await mkdtemp(join(tmpdir(), 'account-proofs-'));
  storage = await openSqliteStorage({ path: join(directory, 'db.sqlite'), clock });
  const keys = { emailCode: createSecretKey(Buffer.alloc(32, 1)) };
  const login = { failuresPerAccount: 5, failuresPerAddress: 50, failuresPerNetwork: 500, windowSeconds: 900 };
  const rateLimits = { emailCode: { shortTriesPerMailboxPerDay: 50 }, login };
  const config = { issuer: 'http://id.example', passkeyOrigins: [], keys, rateLimits, withdrawal: { takenBackWithinDays: 14 } };
  deps = {
    storage: guardRecords(storage, clock),
    emit: noEmit,
    clock,
    config,
    jobs: createJobQueue(storage.jobs, clock),
  } as never;
});
afterEach(async () => {
  await storage.close();
  await rm(directory, { recursive: true });
});

async function create(changes: Partial<Account> = {}): Promise<Account> {
  const account = sampleAccount('a', changes);
  await storage.accounts.create(account, eventAbout('a'));
  return account;
}
const standing = async (): Promise<Account> => (await storage.accounts.find('a')) as Account;
const changeableBack = (undo: string): Partial<Account> => ({
  emails_before: [{ ...BEFORE, undo_sha256: secretDigest(undo), undo_until: now + 1_000 }],
});

test('S101 the code of one new address returns after another one was requested: neither becomes the ID’s', async () => {
  const account = await create();
  for (const name of ['first', 'second'])
    await askForEmail(deps, account, { email: `${name}@example.jp`, canonical: `${name}@example.jp` }, { again: false });
  expect(await changeEmail(deps, 'a', 'first@example.jp')).toBeUndefined();
  expect(await standing()).toMatchObject({ email_canonical: account.email_canonical, version: 3 });
  expect((await changeEmail(deps, 'a', 'second@example.jp'))?.email_canonical).toBe('second@example.jp');
});

const CHANGES: [string, () => Promise<unknown>][] = [
  ['a new password', async () => setPassword(deps, 'a', 'new-hash', 'account.password_changed')],
  [
    'a changed address',
    async () => {
      await askForEmail(deps, await standing(), { email: 'new@example.jp', canonical: 'new@example.jp' }, { again: false });
      await changeEmail(deps, 'a', 'new@example.jp');
    },
  ],
  ['an address that was taken back', async () => undoEmail(deps, FINDS_NOTHING, 'a.undo', 'new-hash')],
];
const MOMENTS: [string, number, Partial<Account>][] = [
  ['at the beginning of a second', 0, {}],
  ['within a second', 400, {}],
  ['in the second in which others were ended', 400, { sessions_ended: { at: 1_000_000_200, kept: 'k' } }],
];

test.each(CHANGES.flatMap(([name, change]) => MOMENTS.map(([when, ms, before]) => ({ name, change, when, ms, before }))))(
  'S118 $name, $when: each earlier sign-in ends at its next use, and a later one counts',
  async ({ change, ms, before }) => {
    await create({ ...before, ...changeableBack('undo') });
    now += ms;
    const signIn = { authTime: authTimeOf(await standing(), now), sessionUid: 's', endsWithSession: false };
    expect(signInIsOver(await standing(), signIn)).toBe(false);
    await change();
    expect(signInIsOver(await standing(), signIn)).toBe(true);
    expect(signInIsOver(await standing(), { ...signIn, authTime: authTimeOf(await standing(), now) })).toBe(false);
  },
);

const PASSKEY = {
  id: 'k',
  public_key: '',
  counter: 0,
  transports: [],
  name: '',
  created_at: 1,
  device_type: 'multiDevice',
} as const;
const YESTERDAY_MS = 24 * 60 * 60 * 1000;
/** What asks for the password, done by a person who gave it when the account was as it was read. */
const GUARDED: [string, (read: Account) => Promise<unknown>, Partial<Account>][] = [
  [
    'withdraws the ID',
    async (read) => withdraw(deps, FINDS_NOTHING, read),
    { withdrawal: { at: expect.any(Number), erase_at: expect.any(Number) } as never },
  ],
  ['removes a passkey', async (read) => removePasskey(deps, read, 'k'), { passkeys: [] }],
  [
    'changes the birth date',
    async (read) => changeProfile(deps, read, { ...read.profile, birthdate: '1990-01-01' }, true),
    { profile: expect.objectContaining({ birthdate: '1990-01-01' }) as never },
  ],
  [
    'changes the birth date in the flow of a client',
    async (read) => confirmProfile(deps, read, 'site', { birthdate: '1990-01-01' }, ['birthdate'], true),
    { profile: expect.objectContaining({ birthdate: '1990-01-01' }) as never },
  ],
];

test.each(GUARDED)(
  'S118 a thief’s request has given the old password, %s, and is written after the new password: nothing changes',
  async (_name, change, changed) => {
    const read = await create({ created_at: now - YESTERDAY_MS, passkeys: [{ ...PASSKEY, transports: [], backed_up: true }] });
    await setPassword(deps, 'a', 'new-hash', 'account.password_changed');
    const secured = await standing();
    expect(await change(read)).toBeFalsy();
    expect(await standing()).toEqual(secured);
    // With the new password it is done.
    expect(await change(secured)).toBeTruthy();
    expect(await standing()).toMatchObject(changed);
  },
);

test('S118 the old password is given again for a session while the new one is set: the session is over', async () => {
  const hasher = createPasswordHasher({ cost: 4, concurrency: 1, queueLimit: 10 });
  const account = await create({ password_hash: await hasher.hash('Common-2026', ASKER) });
  const slow: PasswordHasher = {
    ...hasher,
    async verify(...password) {
      const right = await hasher.verify(...password);
      await setPassword(deps, 'a', 'new-hash', 'account.password_changed');
      now += 5_000;
      return right;
    },
  };
  const session = {
    authTime: 0,
    account,
    confirmed: async (of: Account, at: number) => void (session.authTime = authTimeOf(of, at)),
  };
  const cookies = { get: () => 'browser', set: () => undefined };
  const request = { body: { password_again: 'Common-2026' } };
  const ctx = { ip: '192.0.2.1', cookies, state: { t: String }, request, get: () => '' } as never;
  const form = { action: '/', backUrl: '/', typed: {} };
  expect(await createPasswordAgain({ ...(deps as object), hasher: slow } as never)(ctx, session, form)).toBe(true);
  expect(session.authTime).toBe(1_000_000);
  expect(signInIsOver(await standing(), { authTime: session.authTime, sessionUid: 's', endsWithSession: true })).toBe(true);
});

test('S122 the ID was disabled: no mail undoes its address, also if that happened after the page was shown', async () => {
  const account = await create({ ...changeableBack('undo') });
  expect(await findUndo(deps, 'a.undo')).toBeDefined();
  await storage.accounts.update({ ...account, disabled_at: now }, eventAbout('a'));
  expect(await findUndo(deps, 'a.undo')).toBeUndefined();
  expect(await undoEmail(deps, FINDS_NOTHING, 'a.undo', 'new-hash')).toBe(false);
  expect(await standing()).toMatchObject({ email_canonical: account.email_canonical, password_hash: account.password_hash });
});

test('S122 a password reset was proven before the address came back: it sets no password any more', async () => {
  const reset = { email_canonical: BEFORE.email_canonical, started_at: now } as PasswordReset;
  await create(changeableBack('undo'));
  now += 500;
  expect(await undoEmail(deps, FINDS_NOTHING, 'a.undo', 'new-hash')).toBe(true);
  const back = await standing();
  expect(back).toMatchObject({ email_canonical: BEFORE.email_canonical, password_hash: 'new-hash' });
  expect(stillHolds(reset, back)).toBe(false);
  expect(stillHolds({ ...reset, started_at: now + 1 }, back)).toBe(true);
});

test('S101 a proven reset: counts for the proven address, and for no password that was set later', () => {
  const reset = { email_canonical: 'a@example.jp', started_at: 5_000 } as PasswordReset;
  const account = sampleAccount('a');
  expect(stillHolds(reset, account)).toBe(true);
  expect(stillHolds(reset, { ...account, email_canonical: 'b@example.jp' })).toBe(false);
  expect(stillHolds(reset, { ...account, password_changed_at: 4_999 })).toBe(true);
  for (const changed of [5_000, 5_001]) expect(stillHolds(reset, { ...account, password_changed_at: changed })).toBe(false);
});

test('S101 a reset that is over: another code cannot reopen it', async () => {
  const gone = { id: 'gone', version: 3, email_canonical: 'a@example.jp', sent: 1, sent_at: now } as PasswordReset;
  await askForCodeAgain(deps, gone, { long: false });
  expect(await storage.passwordResets.find('gone')).toBeUndefined();
});

const LEGACY = { client_id: 'site', profile: { legacy_id: 'tanaka', email: 'Tanaka@example.jp' } } as never;

test('S103 the registration of a legacy identity: one account, and free at once if the address belongs to another', async () => {
  const claim = legacyClaim(deps, LEGACY);
  expect([await claim.take('one'), await claim.take('other')]).toEqual([true, false]);
  await claim.release('one');
  expect(await claim.take('other')).toBe(true);
  await claim.complete('other');
  expect([await hasRegistered(deps, LEGACY, 'one'), await hasRegistered(deps, LEGACY, 'other')]).toEqual([false, true]);
});

test('S103 登録 with an address that another account got meanwhile: the input can be changed, and the identity can register elsewhere at once', async () => {
  const { email, email_canonical, terms, profile, password_hash } = await create();
  const { registrationDrafts } = (deps as { storage: Records }).storage;
  const id = draftIdOf(LEGACY, 'browser');
  const proven = { email_canonical, browser: 'browser', at: now };
  await registrationDrafts.change(id, () => ({
    email,
    email_canonical,
    terms: terms[0] as TermsAcceptance,
    profile,
    password_hash,
    proven,
    account_id: 'new',
    expires_at: now + 1_000,
  }));
  const from = { legacy: LEGACY, browserId: 'browser', language: 'ja' };
  expect(await register(deps, from, () => true)).toBe('address_registered');
  expect(await registrationDrafts.find(id)).not.toHaveProperty('registering_at');
  expect(await legacyClaim(deps, LEGACY).take('elsewhere')).toBe(true);
});

test('S103 登録 of a legacy identity that got another ID meanwhile: no account, and the draft can be changed again', async () => {
  await legacyClaim(deps, LEGACY).take('another');
  await legacyClaim(deps, LEGACY).complete('another');
  const { email, terms, profile, password_hash } = sampleAccount('a');
  const { registrationDrafts, accounts } = (deps as { storage: Records }).storage;
  const id = draftIdOf(LEGACY, 'browser');
  await registrationDrafts.change(id, () => ({
    email,
    email_canonical: 'a@example.jp',
    terms: terms[0] as TermsAcceptance,
    profile,
    password_hash,
    proven: { email_canonical: 'a@example.jp', browser: 'browser', at: now },
    account_id: 'new',
    expires_at: now + 1_000,
  }));
  expect(await register(deps, { legacy: LEGACY, browserId: 'browser', language: 'ja' }, () => true)).toBe('legacy_registered');
  expect(await accounts.find('new')).toBeUndefined();
  expect(await registrationDrafts.find(id)).not.toHaveProperty('registering_at');
});

test('S112 the address for which a legacy site vouches: the one that it handed over, and no other', () => {
  const context = { state: { interaction: { legacy: LEGACY } } } as never;
  expect(voucherOf(context, { canonical: 'tanaka@example.jp' })).toBe('site:tanaka');
  expect(voucherOf(context, { canonical: 'other@example.jp' })).toBeUndefined();
});

test('S118 a code: useless if its session is gone or ended; a token: valid by the sign-in that it comes from', async () => {
  await create({ sessions_ended: { at: 10_000, kept: 'kept' }, password_changed_at: 5_000 });
  const { checkCode, isActive } = createSignInChecks(deps);
  const code = { accountId: 'a', authTime: 9, sessionUid: 'kept' } as never;
  await expect(checkCode(code)).rejects.toThrow('invalid_grant');
  for (const uid of ['kept', 'other'])
    await storage.artifacts.save('Session', uid, { uid, jti: uid, accountId: 'a' }, now + 1_000);
  await expect(checkCode(code)).resolves.toBeUndefined();
  await expect(checkCode({ accountId: 'a', authTime: 9, sessionUid: 'other' } as never)).rejects.toThrow('invalid_grant');
  // Made now, from a sign-in before the change of the password.
  expect(await isActive({ accountId: 'a', iat: 1_000, extra: { auth_time: 4 } })).toBe(false);
  expect(await isActive({ accountId: 'a', iat: 1_000, extra: { auth_time: 5 } })).toBe(true);
  expect(await isActive({ accountId: 'a', iat: 4 })).toBe(false);
  expect(await isActive({ accountId: 'nobody', iat: 1_000 })).toBe(false);
});
