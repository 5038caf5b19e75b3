// Refresh tokens: a client gets one if its file allows it and it asks, with and without `prompt=consent`.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CALLBACK, startWorld, type World } from '../../attacks/support/attack-world.ts';
import { redeem, signedIn } from '../../attacks/support/client.ts';

let world: World;

beforeAll(async () => {
  const client = {
    client_name: 'A service',
    token_endpoint_auth_method: 'client_secret_basic',
    client_secret: { $env: 'ATTACK_WEB_SECRET' },
    redirect_uris: [CALLBACK],
    common_id: { first_party: true, contact: 'tests' },
  };
  const both = ['authorization_code', 'refresh_token'];
  world = await startWorld({
    clients: {
      allowed: { ...client, grant_types: both, scope: 'openid email offline_access' },
      'no-scope': { ...client, grant_types: both, scope: 'openid email' },
      'no-grant': { ...client, scope: 'openid email' },
    },
  });
}, 30_000);
afterAll(async () => world?.close());

test.each([
  ['allowed', 'openid email offline_access', true],
  ['allowed', 'openid email', false],
  ['no-scope', 'openid email offline_access', false],
  ['no-grant', 'openid email offline_access', false],
])('%s, asking for %s: %s', async (clientId, scope, expected) => {
  const { code, pkce } = await signedIn(world, { scope }, { clientId });
  const { status, body } = await redeem(world, code, pkce, { clientId });
  expect(status).toBe(200);
  expect('refresh_token' in body).toBe(expected);
  expect(String(body.scope).includes('offline_access')).toBe(expected);
});
