import { expect, test } from '@jest/globals';
import { claimRegistration, completeRegistration, releaseRegistration } from '../../src/domain/legacy-registration.ts';
import {
  accountOf,
  asRegistered,
  beginRegistering,
  giveUpRegistering,
  hasAddress,
  isComplete,
  isProven,
  isRegistered,
  readDraft,
  withAddress,
  withProof,
  withTerms,
  withTyped,
  type RegistrationDraft,
} from '../../src/domain/registration-draft.ts';

const BROWSER = 'browser-1';
const TERMS = { version: '2026-04-01', language: 'ja', accepted_at: 1 };
const EMPTY: RegistrationDraft = { id: 'd', version: 0, expires_at: 100 };
const TYPED = { profile: { given_name: '葵' }, password_hash: 'hash', newAccountId: 'account', checkedFor: 'a@example.jp' };

function complete(): RegistrationDraft {
  const addressed = withAddress(withTerms(EMPTY, TERMS), { email: 'A@example.jp', canonical: 'a@example.jp' });
  const proven = withProof(addressed, { email_canonical: 'a@example.jp', browser: BROWSER, at: 2 });
  return withTyped(proven, TYPED, BROWSER);
}

test('a proof counts for its address, in its browser', () => {
  const draft = complete();
  expect(isProven(draft, BROWSER)).toBe(true);
  expect(isProven(draft, 'browser-2')).toBe(false);
  expect(isProven({ ...draft, email_canonical: 'b@example.jp' }, BROWSER)).toBe(false);
  expect(isProven(EMPTY, BROWSER)).toBe(false);
  const other = withProof(draft, { email_canonical: 'b@example.jp', browser: BROWSER, at: 3 });
  expect(other).toBe(draft);
});

test('the parts of a draft show its state: an address was typed, an account may be made, the account was written', () => {
  const full = complete();
  const registered = asRegistered(full, { id: 'account', email: 'A@example.jp' }, 7);
  const far = (draft: RegistrationDraft) => [hasAddress(draft), isComplete(draft, BROWSER), isRegistered(draft)];
  expect(far(EMPTY)).toEqual([false, false, false]);
  expect(far(full)).toEqual([true, true, false]);
  expect(far(registered)).toEqual([false, false, true]);
  const without = (draft: RegistrationDraft, part: keyof RegistrationDraft) =>
    Object.fromEntries(Object.entries(draft).filter(([name]) => name !== part)) as RegistrationDraft;
  for (const part of ['email', 'email_canonical'] as const) expect(hasAddress(without(full, part))).toBe(false);
  for (const part of ['terms', 'email', 'email_canonical', 'proven', 'profile', 'password_hash', 'account_id'] as const)
    expect([part, isComplete(without(full, part), BROWSER)]).toEqual([part, false]);
  for (const part of ['email', 'account_id', 'registered_at'] as const)
    expect(isRegistered(without(registered, part))).toBe(false);
});

test('another spelling of the same address keeps the proof; another address loses the proof and the password', () => {
  const draft = complete();
  expect(withAddress(draft, { email: 'a@EXAMPLE.jp', canonical: 'a@example.jp' })).toBe(draft);
  const moved = withAddress(draft, { email: 'b@example.jp', canonical: 'b@example.jp' });
  expect(moved).toMatchObject({
    email_canonical: 'b@example.jp',
    profile: { given_name: '葵' },
    terms: TERMS,
    account_id: 'account',
  });
  expect([moved.proven, moved.password_hash]).toEqual([undefined, undefined]);
});

test('typed values count only for a proven address, and only for the address that the password was compared with', () => {
  const draft = complete();
  const again = { ...TYPED, password_hash: 'other', newAccountId: 'another' };
  expect(withTyped(draft, again, BROWSER)).toMatchObject({ password_hash: 'other', account_id: 'account' });
  expect(withTyped(draft, again, 'browser-2')).toBe(draft);
  expect(withTyped(draft, { ...again, checkedFor: 'b@example.jp' }, BROWSER)).toBe(draft);
  expect(withTyped(draft, { ...again, password_hash: undefined }, BROWSER).password_hash).toBe('hash');
});

test('an account is made only of a draft that is being registered and was proven in this browser', () => {
  const draft = complete();
  const registering = beginRegistering(draft, BROWSER, 5);
  expect(accountOf(registering, BROWSER, 'ja', 6)).toMatchObject({
    id: 'account',
    email: 'A@example.jp',
    email_canonical: 'a@example.jp',
    email_verified_at: 2,
    terms: [TERMS],
  });
  expect(beginRegistering(draft, 'browser-2', 5)).toBe(draft);
  for (const part of ['terms', 'email', 'proven', 'profile', 'password_hash', 'account_id'] as const) {
    const { [part]: _left, ...rest } = draft;
    expect(beginRegistering(rest as RegistrationDraft, BROWSER, 5)).toEqual(rest);
    expect(() => accountOf({ ...rest, registering_at: 5 } as RegistrationDraft, BROWSER, 'ja', 6)).toThrow('not complete');
  }
  expect(() => accountOf(draft, BROWSER, 'ja', 6)).toThrow('not complete');
  expect(() => accountOf(registering, 'browser-2', 'ja', 6)).toThrow('not complete');
  expect(() => accountOf({ ...registering, email_canonical: 'b@example.jp' }, BROWSER, 'ja', 6)).toThrow('not complete');
});

test('after 登録 only the outcome changes', () => {
  const registering = beginRegistering(complete(), BROWSER, 5);
  const registered = asRegistered(registering, { id: 'account', email: 'A@example.jp' }, 6);
  expect(registered).toEqual({
    id: 'd',
    version: 0,
    expires_at: 100,
    email: 'A@example.jp',
    account_id: 'account',
    registered_at: 6,
  });
  for (const draft of [registering, registered]) {
    expect(withTerms(draft, TERMS)).toBe(draft);
    expect(withAddress(draft, { email: 'b@example.jp', canonical: 'b@example.jp' })).toBe(draft);
    expect(withProof(draft, { email_canonical: 'a@example.jp', browser: BROWSER, at: 9 })).toBe(draft);
    expect(withTyped(draft, TYPED, BROWSER)).toBe(draft);
    expect(beginRegistering(draft, BROWSER, 9)).toBe(draft);
  }
  expect(giveUpRegistering(registered)).toBe(registered);
  expect(giveUpRegistering(registering)).toEqual(complete());
  expect(asRegistered(registered, { id: 'other', email: 'b@example.jp' }, 9)).toBe(registered);
});

test('a legacy identity registers once; a claim without an account is free after a minute', () => {
  const none = { id: 'legacy:site:tanaka', version: 0, expires_at: 100 };
  const claimed = claimRegistration(none, 'a', undefined, 1_000);
  expect(claimed.account_id).toBe('a');
  // While it is being made, and afterwards; also if the process died before it recorded the account.
  expect(claimRegistration(claimed, 'b', undefined, 60_999)).toBe(claimed);
  expect(claimRegistration(claimed, 'b', 'a', 90_000)).toBe(claimed);
  const done = completeRegistration(claimed, 'a', 2_000);
  expect(claimRegistration(done, 'b', undefined, 90_000)).toBe(done);
  expect(claimRegistration(claimed, 'b', undefined, 61_000).account_id).toBe('b');
  // From an earlier version, which stored the id of the future account.
  expect(claimRegistration({ ...none, account_id: 'old' }, 'b', undefined, 90_000).account_id).toBe('b');
  expect(releaseRegistration(claimed, 'b')).toBe(claimed);
  expect(releaseRegistration(done, 'a')).toBe(done);
  expect(releaseRegistration(claimed, 'a').account_id).toBeUndefined();
  expect(completeRegistration(claimed, 'b', 2_000)).toBe(claimed);
});

test.each(['email_verified_at', 'proven_in', 'elsewhere'])(
  'S102 a draft of a version before proofs named their address, with %s: neither its proof nor its password counts',
  (name) => {
    const { proven: _proven, ...older } = complete();
    const { password_hash: _hash, ...kept } = older;
    expect(readDraft({ ...older, [name]: 1 } as RegistrationDraft)).toEqual(kept);
    expect(readDraft(complete())).toEqual(complete());
  },
);
