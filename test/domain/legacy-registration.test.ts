// One legacy identity gets one new ID, whatever browser it comes from.
import { describe, expect, test } from '@jest/globals';
import {
  claimRegistration,
  completeRegistration,
  legacyRegistrationId,
  releaseRegistration,
  type LegacyRegistration,
} from '../../src/domain/legacy-registration.ts';
import { REGISTRATION_DRAFT_LIFETIME_MS } from '../../src/domain/registration-draft.ts';

const NOW = 1_000_000_000;
const FREE: LegacyRegistration = { id: 'l', version: 3, expires_at: NOW };
const PRESSED: LegacyRegistration = { ...FREE, account_id: 'a', registering_at: NOW };
const DONE: LegacyRegistration = { ...PRESSED, registered_at: NOW + 1 };
const ends = (now: number): number => now + REGISTRATION_DRAFT_LIFETIME_MS;

test('the record of a legacy identity is that of its site', () => {
  expect(legacyRegistrationId('site', 'u')).toBe('legacy:site:u');
});

describe('登録 is pressed', () => {
  const taken = (now: number) => ({ id: 'l', version: 3, account_id: 'b', registering_at: now, expires_at: ends(now) });

  test('for the first time: it is this account’s', () => {
    expect(claimRegistration(FREE, 'b', undefined, NOW)).toEqual(taken(NOW));
  });

  test('after another account was registered: it stays that one’s for ever', () => {
    expect(claimRegistration(DONE, 'b', undefined, NOW + 10 ** 12)).toBe(DONE);
  });

  test('within a minute of another press: it stays that one’s, and then it is free', () => {
    expect(claimRegistration(PRESSED, 'b', undefined, NOW + 59_999)).toBe(PRESSED);
    expect(claimRegistration(PRESSED, 'b', undefined, NOW + 60_000)).toEqual(taken(NOW + 60_000));
  });

  test('after another press whose account is written, although nobody could say so: it stays that one’s', () => {
    expect(claimRegistration(PRESSED, 'b', 'a', NOW + 60_000)).toBe(PRESSED);
    expect(claimRegistration(PRESSED, 'b', 'other', NOW + 60_000)).toEqual(taken(NOW + 60_000));
  });

  test('without a time, as older records have none: it is free', () => {
    const { registering_at: _at, ...older } = PRESSED;
    expect(claimRegistration(older, 'b', undefined, NOW)).toEqual(taken(NOW));
  });
});

test('the account is written: said once, of the account that has it', () => {
  expect(completeRegistration(PRESSED, 'a', NOW + 1)).toEqual({ ...PRESSED, registered_at: NOW + 1, expires_at: ends(NOW + 1) });
  expect(completeRegistration(PRESSED, 'b', NOW + 1)).toBe(PRESSED);
  expect(completeRegistration(DONE, 'a', NOW + 5)).toBe(DONE);
});

test('there is no account: free at once, for the one that has it and has no ID', () => {
  expect(releaseRegistration(PRESSED, 'a')).toEqual(FREE);
  expect(releaseRegistration(PRESSED, 'b')).toBe(PRESSED);
  expect(releaseRegistration(DONE, 'a')).toBe(DONE);
});
