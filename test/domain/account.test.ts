// Which sign-ins end if the password or the address changes, or if the person ends the other sessions.
import { expect, test } from '@jest/globals';
import {
  authTimeOf,
  MAIL_OWED_MS,
  momentAfterSignIns,
  passwordsBefore,
  signInIsOver,
  UNDO_LIFETIME_MS,
  withMailsOwed,
  type Account,
  type SignIn,
} from '../../src/domain/account.ts';
import { sampleAccount } from '../storage/conformance/samples.ts';

const account = (changes: Partial<Account> = {}): Account => ({ ...sampleAccount('a'), ...changes });
const signIn = (authTime: number | undefined, sessionUid = 's', endsWithSession = true): SignIn => ({
  authTime,
  sessionUid,
  endsWithSession,
});

test('S118 a change of the password or the address: every earlier sign-in ends, with or without its session', () => {
  for (const name of ['password_changed_at', 'sign_ins_ended_at'] as const) {
    const changed = account({ [name]: 10_001 });
    for (const endsWithSession of [true, false]) {
      expect(signInIsOver(changed, signIn(10, 's', endsWithSession))).toBe(true);
      expect(signInIsOver(changed, signIn(undefined, 's', endsWithSession))).toBe(true);
      expect(signInIsOver(changed, signIn(11, 's', endsWithSession))).toBe(false);
    }
  }
  // The later of the two counts.
  expect(signInIsOver(account({ password_changed_at: 5_000, sign_ins_ended_at: 10_001 }), signIn(10))).toBe(true);
  expect(signInIsOver(account({ password_changed_at: 10_001, sign_ins_ended_at: 5_000 }), signIn(10))).toBe(true);
});

test('S118 the person ends the other sessions: earlier sign-ins of other sessions end, and no others', () => {
  const ended = account({ sessions_ended: { at: 10_001, kept: 'mine' } });
  expect(signInIsOver(ended, signIn(10, 'other'))).toBe(true);
  expect(signInIsOver(ended, signIn(10, 'mine'))).toBe(false);
  expect(signInIsOver(ended, signIn(10, 'other', false))).toBe(false);
  expect(signInIsOver(ended, signIn(11, 'other'))).toBe(false);
});

test('S118 a sign-in in the same second as the change: ends if it was before, and stays valid if it was after', () => {
  const now = 10_400;
  for (const before of [
    account(),
    account({ password_changed_at: 10_001 }),
    account({ sessions_ended: { at: 10_200, kept: 'k' } }),
  ]) {
    const authTime = authTimeOf(before, now);
    expect(signInIsOver(before, signIn(authTime, 'new'))).toBe(false);
    const at = momentAfterSignIns(before, now);
    expect(at).toBeGreaterThanOrEqual(now);
    const changed = { ...before, sign_ins_ended_at: at };
    // A sign-in that was given its latest possible time also ends with the next change.
    if (authTime * 1000 > now) expect(signInIsOver(changed, signIn(authTime, 'new'))).toBe(true);
    expect(signInIsOver(changed, signIn(authTimeOf(changed, now), 'newer'))).toBe(false);
  }
});

test('S122 earlier passwords: the oldest ones stay, however often the password is replaced, and none for longer than three days', () => {
  let owner = account({ password_hash: 'owner' });
  for (const hash of ['thief-1', 'thief-2', 'thief-3', 'thief-4'])
    owner = { ...owner, passwords_before: passwordsBefore(owner, 1_000), password_hash: hash };
  expect(owner.passwords_before?.map(({ password_hash: hash }) => hash)).toEqual(['owner', 'thief-1', 'thief-2']);
  const late = 1_000 + UNDO_LIFETIME_MS;
  expect(passwordsBefore(owner, late)).toEqual([{ password_hash: 'thief-4', until: late + UNDO_LIFETIME_MS }]);
  expect(passwordsBefore(owner, late - 1)).toHaveLength(3);
});

test('mails that changes owe: kept until their time is over, and the newest twenty at most', () => {
  const mails = [{ to: 'a@example.jp' }] as never;
  const once = withMailsOwed(account(), { key: 'one', mails } as never, 5);
  expect(once.mails_owed).toEqual([{ key: 'one', mails, until: 5 + MAIL_OWED_MS }]);
  const before = withMailsOwed(once, { key: 'two', mails } as never, 4 + MAIL_OWED_MS);
  expect(before.mails_owed?.map(({ until }) => until)).toEqual([5 + MAIL_OWED_MS, 4 + 2 * MAIL_OWED_MS]);
  const after = withMailsOwed(once, { key: 'two', mails } as never, 5 + MAIL_OWED_MS);
  expect(after.mails_owed?.map(({ until }) => until)).toEqual([5 + 2 * MAIL_OWED_MS]);
  let many = account();
  for (let change = 1; change <= 21; change += 1) many = withMailsOwed(many, { key: `${change}`, mails } as never, change);
  expect(many.mails_owed?.map(({ until }) => until - MAIL_OWED_MS)).toEqual(Array.from({ length: 20 }, (_, index) => index + 2));
});
