// Our own checks of a client assertion, besides those of oidc-provider (RFC 7523).
import { expect, test } from '@jest/globals';
import { createAssertionCheck } from '../../../src/oidc/clients/client-assertion.ts';

const NOW = 1_800_000_000;
const check = createAssertionCheck(() => NOW * 1000);

/** Returns why the assertion is refused, or `taken`. */
function outcome(claims: Record<string, unknown>, header: Record<string, unknown> = { alg: 'ES256' }): string {
  try {
    check({} as never, { exp: NOW + 60, ...claims }, header);
    return 'taken';
  } catch (error) {
    const { error: code, error_detail: detail } = error as { error: string; error_detail: string };
    return `${code} ${/"(?:exp|iat|crit)"/.exec(detail)?.[0]}`;
  }
}

test.each([
  [NOW + 310, 'taken'],
  [NOW + 310.5, 'invalid_client "exp"'],
  [undefined, 'invalid_client "exp"'],
  [`${NOW}`, 'invalid_client "exp"'],
  [NaN, 'invalid_client "exp"'],
  [Infinity, 'invalid_client "exp"'],
])('exp %p: %s', (exp, expected) => {
  expect(outcome({ exp })).toBe(expected);
});

test.each([
  [undefined, 'taken'],
  [NOW + 60, 'taken'],
  [0, 'taken'],
  [NOW + 60.5, 'invalid_client "iat"'],
  [`${NOW}`, 'invalid_client "iat"'],
  [null, 'invalid_client "iat"'],
  [NaN, 'invalid_client "iat"'],
])('iat %p: %s', (iat, expected) => {
  expect(outcome({ iat })).toBe(expected);
});

test.each([{ crit: [] }, { crit: ['b64'] }, { b64: false }, { b64: true }])(
  'a header with %j: refused, because the server does not understand it (RFC 7515, section 4.1.11)',
  (header) => {
    expect(outcome({}, { alg: 'ES256', ...header })).toBe('invalid_client "crit"');
  },
);
