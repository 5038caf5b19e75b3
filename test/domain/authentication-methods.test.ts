// The table of sign-in methods, and the order of the classes (acr).
import { expect, test } from '@jest/globals';
import { ACR_VALUES, reaches, REACHABLE_ACR, signedInBy, toldAcr } from '../../src/domain/authentication-methods.ts';

const [PASSWORD, MFA, PHISHING_RESISTANT] = ACR_VALUES;

test('a password is one factor, and a passkey several', () => {
  expect(signedInBy('password')).toEqual({ amr: ['pwd'], acr: PASSWORD });
  expect(signedInBy('device_passkey')).toEqual({ amr: ['hwk', 'user', 'mfa'], acr: PHISHING_RESISTANT });
  expect(signedInBy('synced_passkey')).toEqual({ amr: ['swk', 'user', 'mfa'], acr: PHISHING_RESISTANT });
});

test('a passkey also reaches the classes that no method reaches exactly', () => {
  expect(REACHABLE_ACR).toEqual([PASSWORD, MFA, PHISHING_RESISTANT]);
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

test.each<[string | undefined, unknown[], string | undefined]>([
  [PHISHING_RESISTANT, [], PHISHING_RESISTANT],
  [PHISHING_RESISTANT, [MFA], MFA],
  [PHISHING_RESISTANT, [PASSWORD, MFA], MFA],
  [PHISHING_RESISTANT, [PASSWORD, PHISHING_RESISTANT], PHISHING_RESISTANT],
  [PASSWORD, [MFA, PHISHING_RESISTANT], PASSWORD],
  [PASSWORD, ['another'], PASSWORD],
  [undefined, [PASSWORD], undefined],
])('a sign-in of %s, of which the request wants one of %j: the ID token tells %s', (reached, wanted, expected) => {
  expect(toldAcr(reached, wanted)).toBe(expected);
});
