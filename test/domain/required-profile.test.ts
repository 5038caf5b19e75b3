// Required information.
import { describe, expect, test } from '@jest/globals';
import type { Account, Profile, ProfileKey } from '../../src/domain/account.ts';
import { confirmClaims, missingRequiredClaims, type RequiredClaim } from '../../src/domain/required-profile.ts';

const NOW = Date.parse('2026-11-22T00:00:00Z');
const DAY = 24 * 60 * 60 * 1000;

function account(profile: Profile): Account {
  return {
    id: 'account',
    version: 3,
    email: 'tanaka@example.jp',
    email_canonical: 'tanaka@example.jp',
    email_verified_at: NOW,
    password_hash: '',
    profile,
    terms: [],
    confirmations: {},
    language: 'ja',
    created_at: NOW,
    updated_at: NOW,
  };
}

const required = (claim: ProfileKey, maxAgeDays?: number): RequiredClaim => ({
  claim,
  reason: { ja: '理由', en: 'a reason' },
  ...(maxAgeDays !== undefined && { max_age_days: maxAgeDays }),
});
const names = (claims: RequiredClaim[]): ProfileKey[] => claims.map(({ claim }) => claim);

test('a claim is missing if the profile lacks it, or if it was never confirmed for this client', () => {
  const person = account({ birthdate: '1995-12-25' });
  const claims = [required('phone_number'), required('birthdate')];
  expect(names(missingRequiredClaims(person, 'toyota-jp', claims, NOW))).toEqual(['phone_number', 'birthdate']);
  expect(missingRequiredClaims(person, 'toyota-jp', [], NOW)).toEqual([]);
});

test('a claim that was confirmed for one client is missing for another', () => {
  const person = confirmClaims(account({ birthdate: '1995-12-25' }), 'toyota-jp', ['birthdate'], NOW);
  expect(missingRequiredClaims(person, 'toyota-jp', [required('birthdate')], NOW)).toEqual([]);
  expect(names(missingRequiredClaims(person, 'notebook', [required('birthdate')], NOW))).toEqual(['birthdate']);
});

test('a confirmed claim that was removed later is missing', () => {
  const person = confirmClaims(account({}), 'toyota-jp', ['birthdate'], NOW);
  expect(names(missingRequiredClaims(person, 'toyota-jp', [required('birthdate')], NOW))).toEqual(['birthdate']);
});

test('a client named like a property of every object is an ordinary client', () => {
  expect(names(missingRequiredClaims(account({ birthdate: '1995-12-25' }), 'constructor', [required('birthdate')], NOW))).toEqual(
    ['birthdate'],
  );
});

describe('an address', () => {
  const address = { postal_code: '4710826', region: '愛知県', locality: '豊田市', street_address: 'トヨタ町1' };
  test.each([
    ['complete', address, []],
    ['without postal code', { region: '愛知県', locality: '豊田市', street_address: '1' }, []],
    ['without street', { region: '愛知県', locality: '豊田市' }, ['address']],
    ['with a postal code only', { postal_code: '4710826' }, ['address']],
    ['empty', {}, ['address']],
  ])('%s', (_, value, missing) => {
    const person = confirmClaims(account({ address: value }), 'toyota-jp', ['address'], NOW);
    expect(names(missingRequiredClaims(person, 'toyota-jp', [required('address')], NOW))).toEqual(missing);
  });
});

test('a confirmation expires if the client sets a maximum age', () => {
  const person = confirmClaims(account({ birthdate: '1995-12-25' }), 'toyota-jp', ['birthdate'], NOW);
  const missing = (days: number, claim: RequiredClaim) =>
    names(missingRequiredClaims(person, 'toyota-jp', [claim], NOW + days * DAY));
  expect(missing(30, required('birthdate', 30))).toEqual([]);
  expect(missing(30.001, required('birthdate', 30))).toEqual(['birthdate']);
  expect(missing(36_500, required('birthdate'))).toEqual([]);
});

test('a confirmation adds to earlier ones, changes nothing else, and leaves the given account unchanged', () => {
  const before = confirmClaims(account({ birthdate: '1995-12-25' }), 'toyota-jp', ['birthdate'], NOW);
  const copy = structuredClone(before);
  const after = confirmClaims(before, 'toyota-jp', ['gender', 'birthdate'], NOW + DAY);
  expect(before).toEqual(copy);
  expect(after).toEqual({
    ...before,
    confirmations: { 'toyota-jp': { claims: ['birthdate', 'gender'], confirmed_at: NOW + DAY } },
    updated_at: NOW + DAY,
  });
});
