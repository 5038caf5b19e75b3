// The table of sign-in methods, and the order of the classes (acr).
import { expect, test } from '@jest/globals';
import { ACR_VALUES, reaches, REACHABLE_ACR, signedInBy } from '../../src/domain/authentication-methods.ts';

const [PASSWORD, MFA, PHISHING_RESISTANT] = ACR_VALUES;

test('a password is one factor, and the only class that can be reached', () => {
  expect(signedInBy('password')).toEqual({ amr: ['pwd'], acr: PASSWORD });
  expect(REACHABLE_ACR).toEqual([PASSWORD]);
});

test.each([
  [PASSWORD, PASSWORD, true],
  [MFA, PASSWORD, true],
  [PHISHING_RESISTANT, MFA, true],
  [PASSWORD, MFA, false],
  [MFA, PHISHING_RESISTANT, false],
  [undefined, PASSWORD, false],
  ['another', PASSWORD, false],
])('a sign-in of %s reaches %s: %s', (reached, wanted, expected) => {
  expect(reaches(reached, wanted)).toBe(expected);
});
