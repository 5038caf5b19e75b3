// Clients without a migration, over HTTP: a third party's service, a phone app, a silent request, a logout.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as client from 'openid-client';
import { startCallbackServer, type CallbackServer } from '../support/callback-server.ts';
import { freePorts } from '../support/free-ports.ts';
import { startWorld, type World } from '../support/world.ts';
import { createHttpDriver, type HttpDriver } from './http-driver.ts';
import { createRelyingParty, type RelyingParty } from './relying-party.ts';
import { createTraveller, DEMO_PASSWORD, type Traveller } from './traveller.ts';

const GAZOO_SECRET = 'gazoo-for-development-only-0123456789abcdef';
const SERVICE_SECRET = 'service-for-tests-only-0123456789abcdef0';

let world: World;
let callbacks: CallbackServer;
let gazoo: RelyingParty;
let service: RelyingParty;

beforeAll(async () => {
  world = await startWorld({
    env: { GAZOO_CLIENT_SECRET: GAZOO_SECRET, SERVICE_SECRET },
    clients: {
      // A first-party service that requires a birth date.
      'test-service': {
        client_name: 'Test service',
        application_type: 'web',
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: { $env: 'SERVICE_SECRET' },
        redirect_uris: ['${DEMO_CLIENTS_URL}/service'],
        post_logout_redirect_uris: ['${DEMO_CLIENTS_URL}/service-left'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        scope: 'openid profile email offline_access',
        common_id: {
          first_party: true,
          required_claims: [{ claim: 'birthdate', reason: { ja: '確認のため', en: 'To recognise you' } }],
          contact: 'service@example.jp',
        },
      },
    },
  });
  const { demoClients: origin } = world.origins;
  callbacks = await startCallbackServer(origin);
  gazoo = await createRelyingParty(world, 'gazoo', `${origin}/gazoo/callback`, client.ClientSecretBasic(GAZOO_SECRET));
  service = await createRelyingParty(world, 'test-service', `${origin}/service`, client.ClientSecretBasic(SERVICE_SECRET));
}, 30_000);

afterAll(async () => {
  await callbacks.close();
  await world.stop();
});

const newTraveller = (): Traveller<HttpDriver> => createTraveller(createHttpDriver(), world);

test('GAZOO, a third party’s service: login, consent with its name and data, secret, refresh token without prompt=consent', async () => {
  const attempt = await gazoo.request({ scope: 'openid profile email offline_access' });
  const traveller = newTraveller();
  await traveller.open(attempt.url.href);
  await traveller.signIn('yamada@example.jp', DEMO_PASSWORD);
  expect(await traveller.heading()).toBe('情報の提供の確認');
  const text = await traveller.text();
  for (const word of ['GAZOO', 'メールアドレス', '氏名', '許可しない']) expect(text).toContain(word);
  await traveller.press(/^許可する$/);
  const tokens = await gazoo.redeem(traveller.url(), attempt);
  expect(tokens.claims()).toMatchObject({ iss: world.origins.id, aud: 'gazoo' });
  const claims = await client.fetchUserInfo(gazoo.config, tokens.access_token, String(tokens.claims()?.sub));
  expect(claims).toMatchObject({ name: '山田 優子', email: 'yamada@example.jp' });
  expect(Object.keys(claims)).not.toEqual(expect.arrayContaining(['address']));
  const fresh = await client.refreshTokenGrant(gazoo.config, String(tokens.refresh_token));
  expect(fresh.refresh_token).toBe(tokens.refresh_token);
  expect(fresh.access_token).not.toBe(tokens.access_token);
  expect(fresh.claims()?.sub).toBe(tokens.claims()?.sub);

  // The same person is not asked again, because session and consent exist.
  const again = await gazoo.request({ scope: 'openid profile email offline_access' });
  await traveller.open(again.url.href);
  expect((await gazoo.redeem(traveller.url(), again)).claims()?.sub).toBe(tokens.claims()?.sub);
}, 60_000);

test('GAZOO refused: access_denied with state and iss, and no token', async () => {
  const attempt = await gazoo.request({ scope: 'openid email' });
  const traveller = newTraveller();
  await traveller.open(attempt.url.href);
  await traveller.signIn('sato@example.jp', DEMO_PASSWORD);
  await traveller.press(/^許可しない$/);
  const arrived = new URL(traveller.url());
  expect(Object.fromEntries(arrived.searchParams)).toMatchObject({
    error: 'access_denied',
    state: attempt.state,
    iss: world.origins.id,
  });
  await expect(gazoo.redeem(arrived.href, attempt)).rejects.toBeInstanceOf(client.AuthorizationResponseError);
}, 60_000);

test('the notebook’s app: public, any loopback port, asked for consent each time', async () => {
  const [port] = await freePorts(1);
  const redirectUri = `http://127.0.0.1:${port}/callback`;
  const phone = await startCallbackServer(redirectUri);
  try {
    const app = await createRelyingParty(world, 'maintenance-notebook-app', redirectUri);
    const traveller = newTraveller();
    for (const turn of ['first', 'second']) {
      const attempt = await app.request({ scope: 'openid profile offline_access migration' });
      await traveller.open(attempt.url.href);
      if (turn === 'first') await traveller.signIn('yamada@example.jp', DEMO_PASSWORD);
      expect({ turn, heading: await traveller.heading() }).toEqual({ turn, heading: '情報の提供の確認' });
      await traveller.press(/^許可する$/);
      const tokens = await app.redeem(traveller.url(), attempt);
      const claims = await client.fetchUserInfo(app.config, tokens.access_token, String(tokens.claims()?.sub));
      expect(claims).toMatchObject({ name: '山田 優子', migration: { completed: [{ legacy_id: 'own-yamada' }] } });
      expect(tokens.refresh_token).toEqual(expect.any(String));
    }
  } finally {
    await phone.close();
  }
}, 60_000);

test('prompt=none: login_required, interaction_required, consent_required, and then a code without a page', async () => {
  const traveller = newTraveller();
  const ask = async (party: RelyingParty): Promise<string | null> => {
    const attempt = await party.request({ scope: 'openid email', prompt: 'none' });
    await traveller.open(attempt.url.href);
    expect(traveller.url().startsWith(attempt.redirectUri)).toBe(true);
    const { searchParams } = new URL(traveller.url());
    expect(searchParams.get('state')).toBe(attempt.state);
    expect(searchParams.get('iss')).toBe(world.origins.id);
    return searchParams.get('error');
  };
  expect(await ask(service)).toBe('login_required');
  const notebook = `${world.origins.notebook}/login`;
  await traveller.open(notebook);
  await traveller.signIn('sato@example.jp', DEMO_PASSWORD);
  await traveller.arrivesAt(world.origins.notebook);
  expect(await ask(service)).toBe('interaction_required');
  expect(await ask(gazoo)).toBe('consent_required');
  const attempt = await service.request({ scope: 'openid email' });
  await traveller.open(attempt.url.href);
  await traveller.confirmRequired();
  expect(await ask(service)).toBeNull();
}, 60_000);

test('logout: asks, ends the session, and returns with state', async () => {
  const attempt = await service.request({ scope: 'openid' });
  const traveller = newTraveller();
  await traveller.open(attempt.url.href);
  await traveller.signIn('yamada@example.jp', DEMO_PASSWORD);
  if ((await traveller.heading()).startsWith('ご利用される')) await traveller.confirmRequired();
  const tokens = await service.redeem(traveller.url(), attempt);
  const left = `${world.origins.demoClients}/service-left`;
  const url = client.buildEndSessionUrl(service.config, {
    id_token_hint: String(tokens.id_token),
    post_logout_redirect_uri: left,
    state: 'where-i-was',
  });
  await traveller.open(url.href);
  expect(await traveller.heading()).toBe('ログアウト');
  await traveller.press('ログアウトする');
  expect(traveller.url()).toBe(`${left}?state=where-i-was`);
  const silent = await service.request({ scope: 'openid', prompt: 'none' });
  await traveller.open(silent.url.href);
  expect(new URL(traveller.url()).searchParams.get('error')).toBe('login_required');
}, 60_000);
