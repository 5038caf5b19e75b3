// Our own checks of a client assertion, besides those of oidc-provider (RFC 7523).
import { expect, test } from '@jest/globals';
import { createClientRegistry } from '../../../src/config/clients/client-registry.ts';
import type { Client, Config } from '../../../src/config/config.ts';
import { createAssertionCheck } from '../../../src/oidc/clients/client-assertion.ts';

const NOW = 1_800_000_000;
const ISSUER = 'https://id.example.jp';
const check = createAssertionCheck({
  clock: () => NOW * 1000,
  config: { issuer: ISSUER } as Config,
  clients: createClientRegistry([client('app'), client('bank', 'fapi2')]),
});

function client(client_id: string, profile?: 'fapi2'): Client {
  return { metadata: { client_id }, enabled: true, profile } as Client;
}

/** Returns why the assertion is refused, or `taken`. */
function outcome(claims: Record<string, unknown>, header: Record<string, unknown> = { alg: 'ES256' }, clientId = 'app'): string {
  try {
    check({} as never, { aud: ISSUER, exp: NOW + 60, ...claims }, header, { clientId });
    return 'taken';
  } catch (error) {
    const { error: code, error_detail: detail } = error as { error: string; error_detail: string };
    return `${code} ${/"(?:alg|aud|exp|iat|crit)"/.exec(detail)?.[0]}`;
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

test.each([
  ['https://id.example.jp', 'taken'],
  [['https://id.example.jp'], 'taken'],
  [['https://id.example.jp', 'https://id.example.jp/token'], 'invalid_client "aud"'],
  [['https://id.example.jp', 'https://elsewhere.example'], 'invalid_client "aud"'],
  [[], 'invalid_client "aud"'],
])('aud %j: %s', (aud, expected) => {
  expect(outcome({ aud })).toBe(expected);
});

test.each([{ crit: [] }, { crit: ['b64'] }, { b64: false }, { b64: true }])(
  'a header with %j: refused, because the server does not understand it (RFC 7515, section 4.1.11)',
  (header) => {
    expect(outcome({}, { alg: 'ES256', ...header })).toBe('invalid_client "crit"');
  },
);

test.each([
  [{}, {}, 'taken'],
  [{}, { alg: 'PS256' }, 'taken'],
  [{}, { alg: 'RS256' }, 'invalid_client "alg"'],
  [{ aud: [ISSUER] }, {}, 'invalid_client "aud"'],
  [{ aud: `${ISSUER}/token` }, {}, 'invalid_client "aud"'],
  [{ aud: `${ISSUER}/request` }, {}, 'invalid_client "aud"'],
])('of a FAPI 2.0 client, with %j and the header %j: %s', (claims, header, expected) => {
  expect(outcome(claims, { alg: 'ES256', ...header }, 'bank')).toBe(expected);
});

test('RS256 and the token endpoint as audience: taken from another client', () => {
  expect(outcome({ aud: `${ISSUER}/token` }, { alg: 'RS256' })).toBe('taken');
});
