// Changes of an account as functions: what stands afterwards, and what nothing is changed for.
import { expect, test } from '@jest/globals';
import { signInIsOver, type Account } from '../../src/domain/account.ts';
import { disableAccount, enableAccount } from '../../src/domain/disabled-account.ts';
import { isoIfAny } from '../../src/domain/iso-time.ts';
import { withNumber, withNumberProven, withoutNumber } from '../../src/domain/login-number.ts';
import { withAddressOf, withLostMailbox, type LostMailboxRequest } from '../../src/domain/lost-mailbox.ts';
import { withSecrets, type OwedMail } from '../../src/domain/mails.ts';
import { passkeyDigest, withChallenge, withoutChallenge } from '../../src/domain/passkey.ts';
import { parsePhoneNumber } from '../../src/domain/phone-number.ts';
import { recent, withSignIn } from '../../src/domain/sign-in-history.ts';
import { reportSignIn, reportStands } from '../../src/domain/sign-in-report.ts';
import { orderErasure, withdrawAccount } from '../../src/domain/withdrawal.ts';
import { sampleAccount } from '../storage/conformance/samples.ts';

const NOW = Date.parse('2026-12-01T00:00:00.500Z');
const DAY_MS = 24 * 60 * 60 * 1000;
const account: Account = sampleAccount('person', { email: 'a@example.jp', email_canonical: 'a@example.jp' });
const TODAY = { authTime: Math.floor(NOW / 1000), sessionUid: 'session', endsWithSession: false };

test('a sign-in of this very second is over when the ID is withdrawn, erased, disabled, or the sign-in is reported', () => {
  expect(signInIsOver(account, TODAY)).toBe(false);
  const reported = { account_id: account.id, email: account.email, auth_time: TODAY.authTime, device: '', expires_at: NOW };
  const changed = {
    withdrawn: withdrawAccount(account, NOW, NOW + DAY_MS),
    erased: orderErasure(account, NOW, NOW),
    disabled: disableAccount(account, NOW),
    reported: reportSignIn(account, reported, NOW),
  };
  for (const [how, after] of Object.entries(changed)) expect([how, after && signInIsOver(after, TODAY)]).toEqual([how, true]);
  // Enabling an ID gives no sign-in back.
  expect(signInIsOver(enableAccount(changed.disabled!)!, TODAY)).toBe(true);
  // The link of the mail works once.
  expect(reportSignIn(changed.reported!, reported, NOW)).toBeUndefined();
  expect(reportSignIn(changed.disabled!, reported, NOW)).toBeUndefined();
});

test('a report stands until there is a new password', () => {
  expect(reportStands(account)).toBe(false);
  expect(reportStands({ ...account, sign_in_reported_at: NOW })).toBe(true);
  expect(reportStands({ ...account, sign_in_reported_at: NOW, password_changed_at: NOW })).toBe(true);
  expect(reportStands({ ...account, sign_in_reported_at: NOW, password_changed_at: NOW + 1 })).toBe(false);
});

test('the login number is that which was asked for, and only it is removed', () => {
  const asked: Account = { ...account, phone_change: { phone_canonical: '+819012345678', asked_at: NOW } };
  expect(withNumberProven(asked, '+819000000000', NOW)).toBe(asked);
  expect(withNumber(asked, '+819000000000', NOW)).toBe(asked);
  const proven = withNumberProven(asked, '+819012345678', NOW);
  expect(proven.phone_change).toEqual({ ...asked.phone_change, proven_at: NOW });
  const given = withNumber(proven, '+819012345678', NOW);
  expect(given).toEqual({ ...account, phone_canonical: '+819012345678', phone_proven_at: NOW, phone_used_at: NOW });
  expect(withoutNumber(given, '+819000000000')).toBe(given);
  expect(withoutNumber(given, '+819012345678')).toEqual(account);
});

test('a lost mailbox: the address changes at its time, the old one can undo it, and other requests end', () => {
  const request = (id: string): LostMailboxRequest =>
    ({ id, new_email: `${id}@example.jp`, new_email_canonical: `${id}@example.jp`, language: 'ja' }) as LostMailboxRequest;
  const first = withLostMailbox(account, request('first'), 'stop', NOW)!;
  const both = withLostMailbox(first, request('second'), 'stop', NOW)!;
  expect(withLostMailbox(both, request('second'), 'stop', NOW)).toBeUndefined();
  const due: Account = {
    ...both,
    lost_mailbox: both.lost_mailbox?.map((one) => (one.request === 'first' ? { ...one, change_at: NOW + 1 } : one)) ?? [],
  };
  expect(withAddressOf(due, 'first', 'undo', NOW)).toBeUndefined();
  expect(withAddressOf(due, 'second', 'undo', NOW + 1)).toBeUndefined();
  const changed = withAddressOf(due, 'first', 'undo', NOW + 1);
  expect(changed).toMatchObject({ email: 'first@example.jp', email_canonical: 'first@example.jp', email_verified_at: NOW });
  expect(changed?.emails_before).toMatchObject([
    { email: 'a@example.jp', undo_sha256: 'undo', password_hashes: [account.password_hash] },
  ]);
  expect(changed?.lost_mailbox?.map(({ ended }) => ended?.how)).toEqual(['changed', 'overtaken']);
  expect(signInIsOver(changed!, TODAY)).toBe(true);
});

test('a mail that is owed gets its own secret, and a mail without one its values alone', () => {
  const owed = { to: 'a@example.jp', template: 'email-changed-undo', language: 'ja', values: { email: 'b@example.jp' } };
  const secrets = { 'email-changed-undo': { url: 'https://id.example/undo' } };
  const values = (mail: object): unknown => withSecrets(mail as OwedMail, secrets).values;
  expect(values(owed)).toEqual({ email: 'b@example.jp', url: 'https://id.example/undo' });
  expect(values({ ...owed, template: 'email-changed' })).toEqual({ email: 'b@example.jp' });
});

test('a challenge counts once, in its time, and leaves the others', () => {
  const [one, two] = ['one', 'two'];
  const standing = withChallenge(withChallenge(undefined, one, NOW), two, NOW + 1);
  expect(withoutChallenge(standing, one, NOW + 1)?.challenges.map(({ challenge }) => challenge)).toEqual([two]);
  expect(withoutChallenge(standing, 'three', NOW + 1)).toBeUndefined();
  expect(withoutChallenge(standing, one, standing.challenges[0]!.until)).toBeUndefined();
  expect(passkeyDigest('credential')).toMatch(/^[0-9a-f]{16}$/);
  expect(passkeyDigest('credential')).not.toBe(passkeyDigest('another'));
});

test('the history has the sign-ins of 90 days, newest first, each interaction once', () => {
  const signIn = (interaction: string, at: number) => ({ interaction, at, method: 'password', device: '' }) as never;
  const first = withSignIn(undefined, signIn('first', NOW));
  expect(withSignIn(first, signIn('first', NOW + 1))).toBeUndefined();
  const later = withSignIn(first, signIn('second', NOW + 89 * DAY_MS));
  expect(later?.sign_ins.map(({ interaction }) => interaction)).toEqual(['second', 'first']);
  expect(later?.expires_at).toBe(NOW + 179 * DAY_MS);
  expect(withSignIn(first, signIn('second', NOW + 90 * DAY_MS))?.sign_ins).toHaveLength(1);
  const failures = [{ at: NOW, times: 1 }] as never;
  expect(recent({ sign_ins: [], failures }, NOW + 90 * DAY_MS - 1).failures).toHaveLength(1);
  expect(recent({ sign_ins: [], failures }, NOW + 90 * DAY_MS).failures).toEqual([]);
});

test('a time is written in UTC, and none is none; a number may have a hundred characters', () => {
  expect([isoIfAny(NOW), isoIfAny(undefined)]).toEqual(['2026-12-01T00:00:00.500Z', undefined]);
  expect(parsePhoneNumber('090-1234-5678'.padEnd(100))).toMatchObject({ ok: true });
  expect(parsePhoneNumber('090-1234-5678'.padEnd(101))).toEqual({ ok: false, reason: 'not_a_number' });
});
