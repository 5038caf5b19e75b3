// What the form says about a new password.
import { expect, test } from '@jest/globals';
import { passwordProblem } from '../../../src/authentication/password/password-form.ts';

const deps = {
  config: { passwordPolicy: { minLength: 8, maxLength: 64, symbols: '!-' } },
  commonPasswords: new Set<string>(['password1']),
} as never;
const t = (key: string): string => key.replace('form_errors.password_', '');
const problem = (password: string): string | undefined =>
  passwordProblem(deps, password, { email: 'taro.toyota@customer.example' }, t);

test.each([
  ['an empty field: that it is empty, and nothing about lengths', '', 'missing'],
  ['a short one', 'Ab-2026', 'too_short'],
  ['a good one', 'Common-2026', undefined],
])('%s', (_, password, expected) => {
  expect(problem(password)).toBe(expected);
});
