// One legacy identity gets one new ID, from any browser.
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

test('a legacy identity has a record for each site', () => {
  expect(legacyRegistrationId('site', 'u')).toBe('legacy:site:u');
});

describe('登録 is pressed', () => {
  const taken = (now: number) => ({ id: 'l', version: 3, account_id: 'b', registering_at: now, expires_at: ends(now) });

  test('for the first time: this account gets it', () => {
    expect(claimRegistration(FREE, 'b', undefined, NOW)).toEqual(taken(NOW));
  });

  test('after another account was registered: the other account keeps it', () => {
    expect(claimRegistration(DONE, 'b', undefined, NOW + 10 ** 12)).toBe(DONE);
  });

  test('within a minute of another press: the other account keeps it, then it is free', () => {
    expect(claimRegistration(PRESSED, 'b', undefined, NOW + 59_999)).toBe(PRESSED);
    expect(claimRegistration(PRESSED, 'b', undefined, NOW + 60_000)).toEqual(taken(NOW + 60_000));
  });

  test('after another press whose account was written, but not recorded here: the other account keeps it', () => {
    expect(claimRegistration(PRESSED, 'b', 'a', NOW + 60_000)).toBe(PRESSED);
    expect(claimRegistration(PRESSED, 'b', 'other', NOW + 60_000)).toEqual(taken(NOW + 60_000));
  });

  test('without a time, as in older records: it is free', () => {
    const { registering_at: _at, ...older } = PRESSED;
    expect(claimRegistration(older, 'b', undefined, NOW)).toEqual(taken(NOW));
  });
});

test('the account was written: recorded once, for the account that claimed it', () => {
  expect(completeRegistration(PRESSED, 'a', NOW + 1)).toEqual({ ...PRESSED, registered_at: NOW + 1, expires_at: ends(NOW + 1) });
  expect(completeRegistration(PRESSED, 'b', NOW + 1)).toBe(PRESSED);
  expect(completeRegistration(DONE, 'a', NOW + 5)).toBe(DONE);
});

test('no account was written: free at once, but only for the account that claimed it', () => {
  expect(releaseRegistration(PRESSED, 'a')).toEqual(FREE);
  expect(releaseRegistration(PRESSED, 'b')).toBe(PRESSED);
  expect(releaseRegistration(DONE, 'a')).toBe(DONE);
});
