// The file of a client app of the FAPI 2.0 Security Profile: what the profile sets, and what it refuses.
import { expect, test } from '@jest/globals';
import { checkClientFiles } from '../../../src/config/clients/check-client-files.ts';
import { CONTEXT, NAME, sentences, web } from './client-file.ts';

const fapi2 = { ...web, common_id: { ...web.common_id, profile: 'fapi2' } };
const ours = (changes: object): object => ({ ...fapi2, common_id: { ...fapi2.common_id, ...changes } });
const why = 'because common_id.profile is fapi2';
const key = { kty: 'EC', crv: 'P-256', x: 'a'.repeat(43), y: 'b'.repeat(43) };

test('one word sets what the profile demands', () => {
  const { clients, problems } = checkClientFiles([{ name: NAME, text: JSON.stringify(fapi2) }], CONTEXT);
  expect(problems).toEqual([]);
  expect(clients[0]).toMatchObject({
    profile: 'fapi2',
    pkceRequired: true,
    refreshRotation: false,
    metadata: { require_pushed_authorization_requests: true, dpop_bound_access_tokens: true },
  });
});

test.each<[string, object]>([
  ['what it sets, said again', { ...fapi2, require_pushed_authorization_requests: true, dpop_bound_access_tokens: true }],
  ['ES256', { ...fapi2, token_endpoint_auth_signing_alg: 'ES256', id_token_signed_response_alg: 'ES256' }],
  ['PS256', { ...fapi2, token_endpoint_auth_signing_alg: 'PS256' }],
  ['keys in the file', { ...fapi2, jwks_uri: undefined, jwks: { keys: [key, { ...key, alg: 'ES256' }] } }],
  ['every grant', { ...fapi2, grant_types: ['authorization_code', 'refresh_token', 'client_credentials'] }],
])('accepts %s', (_what, file) => {
  expect(sentences(file)).toEqual([]);
});

test.each<[object, string]>([
  [
    {
      ...fapi2,
      token_endpoint_auth_method: 'client_secret_basic',
      jwks_uri: undefined,
      client_secret: { $env: 'APP_CLIENT_SECRET' },
    },
    `token_endpoint_auth_method: expected private_key_jwt, ${why}, found 'client_secret_basic'`,
  ],
  [
    { ...fapi2, token_endpoint_auth_signing_alg: 'RS256' },
    `token_endpoint_auth_signing_alg: expected ES256 or PS256, ${why}, found 'RS256'`,
  ],
  [{ ...fapi2, id_token_signed_response_alg: 'RS256' }, `id_token_signed_response_alg: expected ES256, ${why}, found 'RS256'`],
  [
    { ...fapi2, jwks_uri: undefined, jwks: { keys: [key, { ...key, alg: 'RS256' }] } },
    `jwks.keys[1].alg: expected ES256 or PS256, ${why}, found 'RS256'`,
  ],
  [
    { ...fapi2, require_pushed_authorization_requests: false },
    `require_pushed_authorization_requests: expected true, ${why}, found false; remove it: the profile sets it`,
  ],
  [
    { ...fapi2, dpop_bound_access_tokens: false },
    `dpop_bound_access_tokens: expected true, ${why}, found false; remove it: the profile sets it`,
  ],
  [
    { ...fapi2, redirect_uris: ['https://app.example.jp/callback', 'http://localhost:3001/callback'] },
    `redirect_uris[1]: expected an https URL, ${why}, found 'http://localhost:3001/callback'`,
  ],
  [ours({ pkce: 'optional' }), `common_id.pkce: expected required, ${why}, found 'optional'; remove it`],
  [ours({ refresh_rotation: true }), `common_id.refresh_rotation: expected false, ${why}, found true; remove it`],
])('refuses %j', (file, sentence) => {
  expect(sentences(file)).toEqual([`${NAME}: ${sentence}`]);
});
