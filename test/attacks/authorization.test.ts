// Attacks on authorization requests, codes and client authentication: design/security.md 60 to 70 and 82.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { checkRedirectUri } from '../../src/config/clients/check-redirect-uri.ts';
import { headingOf, sendRaw, type Answer } from '../support/http-browser.ts';
import { CALLBACK, startWorld, WEB_SECRET, type World } from './support/attack-world.ts';
import {
  authorizationUrl,
  basic,
  begin,
  makePkce,
  parseJson,
  redeem,
  requestParams,
  returned,
  signedIn,
  token,
} from './support/client.ts';

// Processes start and mails travel slowly on a busy machine.
jest.setTimeout(60_000);

let world: World;
let port: number;

beforeAll(async () => {
  world = await startWorld({ nodes: 2 });
  port = world.nodes[1]?.port as number;
});
afterAll(async () => world?.close());

const APP = 'maintenance-notebook-app';
const userInfo = async (accessToken: unknown): Promise<Answer> =>
  world.request('/me', { headers: { Authorization: `Bearer ${String(accessToken)}` } });
const ask = async (changes: Record<string, string | undefined>, clientId = 'attack-web'): Promise<Answer> =>
  (await begin(world, clientId, changes)).page;

test('S60 a redirect URI that differs from the registered one: an error page, no redirect', async () => {
  const hostile = [
    `${CALLBACK}/`,
    `${CALLBACK}/more`,
    `${CALLBACK}?x=1`,
    `${CALLBACK}#x`,
    `${CALLBACK}%2f`,
    CALLBACK.replace('callback', 'CALLBACK'),
    CALLBACK.replace('callback', 'c%61llback'),
    CALLBACK.replace('/callback', '/x/../callback'),
    CALLBACK.replace('/callback', '/%2e/callback'),
    CALLBACK.replace('/callback', '//callback'),
    CALLBACK.replace('/callback', '\\callback'),
    CALLBACK.replace(':9', ':10'),
    CALLBACK.replace(':9', ''),
    CALLBACK.replace('http:', 'https:'),
    CALLBACK.replace('http:', 'HTTP:'),
    CALLBACK.replace('127.0.0.1', 'localhost'),
    CALLBACK.replace('127.0.0.1', '127.0.0.1.'),
    CALLBACK.replace('127.0.0.1', '127.1'),
    CALLBACK.replace('127.0.0.1', '2130706433'),
    'http://127.0.0.1:9@evil.example/callback',
    'http://user@127.0.0.1:9/callback',
    'http://127.0.0.1:9.evil.example/callback',
    'http://xn--127-0-0-1.example:9/callback',
    'http://１２７.0.0.1:9/callback',
    ` ${CALLBACK}`,
    `${CALLBACK}\u0000`,
    `${CALLBACK}\r\nX: y`,
    'javascript:alert(1)',
    '',
  ];
  for (const redirect_uri of hostile) {
    for (const more of [{}, { prompt: 'none' }, { response_mode: 'form_post' }]) {
      const answer = await sendRaw(
        authorizationUrl(world.issuer, requestParams('attack-web', makePkce(), { redirect_uri, ...more })),
        { headers: { Accept: 'text/html' } },
      );
      expect([redirect_uri, answer.status, answer.location]).toEqual([redirect_uri, 400, undefined]);
      expect(answer.text).not.toContain('<form method="post" action="http');
    }
  }
  expect((await ask({ redirect_uri: CALLBACK })).status).toBe(200);
});

test('S61 native redirect URIs that only look like loopback, other schemes: refused; any port of 127.0.0.1 and [::1] is accepted', async () => {
  for (const redirect_uri of [
    'http://127.0.0.1:51004/callback',
    'http://127.0.0.1:1/callback',
    'http://[::1]:51004/callback',
    'http://127.0.0.1/callback',
    'jp.toyota.maintenance-notebook:/callback',
  ]) {
    expect([redirect_uri, (await ask({ redirect_uri, scope: 'openid' }, APP)).status]).toEqual([redirect_uri, 200]);
  }
  const refused = [
    'http://localhost:51004/callback',
    'http://localhost/callback',
    'http://127.0.0.1.evil.example:51004/callback',
    'http://127.0.0.1:51004.evil.example/callback',
    'http://127.0.0.2:51004/callback',
    'http://[::2]:51004/callback',
    'https://127.0.0.1:51004/callback',
    'http://127.0.0.1:51004/callback/',
    'http://127.0.0.1:51004/other',
    'http://127.0.0.1:51004/callback?x',
    'http://evil@127.0.0.1:51004/callback',
    'jp.toyota.maintenance-notebook:/other',
    'jp.toyota.maintenance-notebook://callback',
    'jp.toyota.maintenance-notebook.evil:/callback',
  ];
  for (const redirect_uri of refused)
    expect([redirect_uri, (await ask({ redirect_uri, scope: 'openid' }, APP)).status]).toEqual([redirect_uri, 400]);
  // A client's file must not register any of these.
  for (const uri of [
    'http://localhost:1/cb',
    'https://127.0.0.1/cb',
    'https://localhost/cb',
    'myapp:/cb',
    'http://app.example/cb',
    'http://127.0.0.1.evil.example/cb',
  ]) {
    expect([uri, checkRedirectUri(uri, 'native', 'production') !== undefined]).toEqual([uri, true]);
  }
  for (const uri of [
    'jp.example.app:/cb',
    'http://127.0.0.1/cb',
    'http://rp.example/cb',
    'javascript:x',
    'data:text/html,x',
    'https://rp.example/*',
    'https://rp.example/cb#x',
    'https://u:p@rp.example/cb',
  ]) {
    expect([uri, checkRedirectUri(uri, 'web', 'production') !== undefined]).toEqual([uri, true]);
  }
});

test('S62 no PKCE, plain PKCE, a verifier of the wrong shape: refused for every kind of client', async () => {
  for (const clientId of ['attack-web', 'attack-third', APP]) {
    const redirect_uri = clientId === APP ? 'http://127.0.0.1:9/callback' : CALLBACK;
    for (const changes of [
      { code_challenge: undefined, code_challenge_method: undefined },
      { code_challenge: undefined },
      { code_challenge_method: 'plain' },
      { code_challenge_method: undefined },
      { code_challenge_method: 's256' },
      { code_challenge: 'short' },
      { code_challenge: 'a'.repeat(129) },
      { code_challenge: `${'a'.repeat(42)}!` },
    ]) {
      const answer = await ask({ redirect_uri, ...changes }, clientId);
      expect([clientId, changes, returned(answer).get('error')]).toEqual([clientId, changes, 'invalid_request']);
    }
  }
  for (const code_verifier of ['short', 'a'.repeat(42), 'a'.repeat(129), `${'a'.repeat(43)}!`, makePkce().verifier]) {
    const { code, pkce } = await signedIn(world);
    const { status, body } = await redeem(world, code, pkce, { code_verifier });
    // oidc-provider answers a malformed verifier with invalid_request, and a wrong one with invalid_grant. Neither gets a token.
    expect([code_verifier, status, body.error]).toEqual([
      code_verifier,
      400,
      code_verifier.length < 43 || code_verifier.length > 128 || code_verifier.endsWith('!')
        ? 'invalid_request'
        : 'invalid_grant',
    ]);
  }
});

test('S63 a removed challenge, a missing verifier: no token', async () => {
  const stripped = await ask({ code_challenge: undefined, code_challenge_method: undefined });
  expect(returned(stripped).has('code')).toBe(false);
  const { code, pkce } = await signedIn(world);
  expect((await redeem(world, code, pkce, { code_verifier: undefined })).body.error).toBe('invalid_grant');
  const empty = await signedIn(world);
  expect((await redeem(world, empty.code, empty.pkce, { code_verifier: '' })).body.error).toBe('invalid_grant');
  // The challenge of one request and the code of another: a stolen code in the attacker's own session.
  const [victim, attacker] = [await signedIn(world), await signedIn(world, {}, { email: 'yamada@example.jp' })];
  expect((await redeem(world, victim.code, attacker.pkce)).body.error).toBe('invalid_grant');
});

test('S64 a secret that is shipped in an app: useless', async () => {
  const grants = [
    { grant_type: 'client_credentials', scope: 'migration:read' },
    { grant_type: 'client_credentials' },
    { grant_type: 'refresh_token', refresh_token: 'x' },
  ];
  for (const params of grants) {
    const withSecret = await token(world, params, { headers: basic(APP, 'a-secret-that-was-found-in-the-app-0001') });
    const posted = await token(world, { ...params, client_id: APP, client_secret: 'a-secret-that-was-found-in-the-app-0001' });
    for (const { status, body } of [withSecret, posted]) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(body.access_token).toBeUndefined();
    }
  }
  // The file of a native client must not have a secret: the start is refused.
  const file = {
    client_name: 'Shipped',
    application_type: 'native',
    token_endpoint_auth_method: 'client_secret_basic',
    client_secret: { $env: 'ATTACK_WEB_SECRET' },
    redirect_uris: ['http://127.0.0.1/cb'],
    common_id: { contact: 'attacks' },
  };
  await expect(startWorld({ clients: { 'attack-shipped': file } })).rejects.toThrow(
    /a secret that is shipped in an app is no secret/,
  );
});

test('S65 a code used twice, or fifty times at once over two nodes: once, and its tokens are revoked', async () => {
  const scope = { scope: 'openid profile offline_access' };
  const { code, pkce } = await signedIn(world, scope);
  const first = await redeem(world, code, pkce);
  expect(first.status).toBe(200);
  expect((await userInfo(first.body.access_token)).status).toBe(200);
  const second = await redeem(world, code, pkce, { port });
  expect([second.status, second.body.error]).toEqual([400, 'invalid_grant']);
  expect((await userInfo(first.body.access_token)).status).toBe(401);
  const refresh = { grant_type: 'refresh_token', refresh_token: String(first.body.refresh_token) };
  expect((await token(world, refresh, { headers: basic('attack-web') })).body.error).toBe('invalid_grant');

  for (let round = 0; round < 4; round += 1) {
    const raced = await signedIn(world, scope);
    // The connections are open already, so the requests arrive together.
    const from = world.freshAddress();
    const ports = Array.from({ length: 50 }, (_, n) => (n % 2 ? port : undefined));
    await Promise.all(ports.map(async (at) => world.request('/.well-known/openid-configuration', { from, port: at })));
    const params = {
      grant_type: 'authorization_code',
      code: raced.code,
      redirect_uri: CALLBACK,
      code_verifier: raced.pkce.verifier,
    };
    const answers = await Promise.all(
      ports.map(async (at) =>
        token(world, params, { headers: basic('attack-web'), from, ...(at === undefined ? {} : { port: at }) }),
      ),
    );
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(answers.filter(({ body }) => body.error === 'invalid_grant')).toHaveLength(49);
    expect((await userInfo(won[0]?.body.access_token)).status).toBe(401);
    const again = { grant_type: 'refresh_token', refresh_token: String(won[0]?.body.refresh_token) };
    expect((await token(world, again, { headers: basic('attack-web') })).body.error).toBe('invalid_grant');
  }
});

test('S66 a code at another client, with another redirect URI, or late: refused', async () => {
  const refused = async (changes: Record<string, string | undefined>): Promise<unknown> => {
    const { code, pkce } = await signedIn(world);
    return (await redeem(world, code, pkce, changes)).body.error;
  };
  expect(await refused({ clientId: 'attack-third' })).toBe('invalid_grant');
  expect(await refused({ redirect_uri: `${CALLBACK}/other` })).toBe('invalid_grant');
  expect(await refused({ redirect_uri: undefined })).toMatch(/invalid_(grant|request)/);
  const late = await signedIn(world);
  await world.advance(61_000);
  expect((await redeem(world, late.code, late.pkce)).body.error).toBe('invalid_grant');
});

test('S67 a refresh token used again after its grace, also over a restart: its family is revoked; twenty uses at once get one new token', async () => {
  const refreshed = async (refreshToken: unknown, at?: number, from?: string): Promise<Record<string, unknown>> => {
    const params = { grant_type: 'refresh_token', refresh_token: String(refreshToken) };
    const options = {
      headers: basic('attack-web'),
      ...(at === undefined ? {} : { port: at }),
      ...(from === undefined ? {} : { from }),
    };
    return (await token(world, params, options)).body;
  };
  const family = async (): Promise<Record<string, unknown>> => {
    const { code, pkce } = await signedIn(world, { scope: 'openid profile offline_access' });
    return (await redeem(world, code, pkce)).body;
  };
  const first = await family();
  const second = await refreshed(first.refresh_token);
  expect(second.refresh_token).toBeDefined();
  expect(second.refresh_token).not.toBe(first.refresh_token);
  await world.advance(11_000);
  expect((await refreshed(first.refresh_token, port)).error).toBe('invalid_grant');
  expect((await refreshed(second.refresh_token)).error).toBe('invalid_grant');
  expect((await userInfo(second.access_token)).status).toBe(401);
  const reborn = await world.addNode();
  expect((await refreshed(second.refresh_token, reborn.port)).error).toBe('invalid_grant');
  await reborn.stop();
  world.nodes.pop();

  const raced = await family();
  const from = world.freshAddress();
  const ports = Array.from({ length: 20 }, (_, n) => (n % 2 ? port : undefined));
  await Promise.all(ports.map(async (at) => world.request('/.well-known/openid-configuration', { from, port: at })));
  const answers = await Promise.all(ports.map(async (at) => refreshed(raced.refresh_token, at, from)));
  expect(answers.filter(({ access_token: accessToken }) => accessToken !== undefined)).toHaveLength(20);
  expect(new Set(answers.map((answer) => answer.refresh_token)).size).toBe(1);
  await world.advance(11_000);
  expect((await refreshed(raced.refresh_token)).error).toBe('invalid_grant');
  expect((await refreshed(answers[0]?.refresh_token)).error).toBe('invalid_grant');
});

test('S68 mix-up of issuers: every response names the issuer', async () => {
  const { answer } = await signedIn(world);
  expect(returned(answer).get('iss')).toBe(world.issuer);
  for (const changes of [
    { prompt: 'none' },
    { response_type: 'token' },
    { code_challenge_method: 'plain' },
    { scope: 'openid', prompt: 'none login' },
  ]) {
    const refused = returned(await ask(changes));
    expect(refused.has('error')).toBe(true);
    expect(refused.get('iss')).toBe(world.issuer);
  }
  const cancelled = await begin(world, 'attack-web');
  expect(returned(await cancelled.browser.submit('/login/cancel', {}, CALLBACK)).get('iss')).toBe(world.issuer);
  const discovery = parseJson((await world.request('/.well-known/openid-configuration')).text);
  expect(discovery).toMatchObject({ issuer: world.issuer, authorization_response_iss_parameter_supported: true });
});

test('S69 implicit and password grants: neither offered nor accepted', async () => {
  const { browser } = await signedIn(world);
  for (const response_type of [
    'token',
    'id_token',
    'id_token token',
    'code token',
    'code id_token',
    'code id_token token',
    'none',
    '',
  ]) {
    for (const by of [world.browser(), browser.copy()]) {
      const { page } = await begin(world, 'attack-web', { response_type }, by);
      expect([
        response_type,
        page.location?.includes('access_token') ?? false,
        page.location?.includes('code=') ?? false,
      ]).toEqual([response_type, false, false]);
      expect([
        response_type,
        /error=(unsupported_response_type|invalid_request|unauthorized_client)/.test(page.location ?? ''),
      ]).toEqual([response_type, true]);
    }
  }
  for (const grant_type of [
    'password',
    'implicit',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'urn:ietf:params:oauth:grant-type:device_code',
    'urn:openid:params:grant-type:ciba',
    'client_credentials',
    '',
  ]) {
    const { status, body } = await token(
      world,
      { grant_type, username: 'sato@example.jp', password: 'Common-2026', scope: 'openid' },
      { headers: basic('attack-web') },
    );
    expect([grant_type, status]).toEqual([grant_type, 400]);
    expect(['unsupported_grant_type', 'unauthorized_client', 'invalid_request']).toContain(body.error);
  }
  const discovery = parseJson((await world.request('/.well-known/openid-configuration')).text);
  expect(discovery.response_types_supported).toEqual(['code']);
  expect(JSON.stringify(discovery.grant_types_supported)).not.toMatch(/password|implicit/);
  // The same after prompt=login (CVE-2026-7571).
  const { page } = await begin(world, 'attack-web', { response_type: 'id_token', prompt: 'login' }, browser);
  expect(page.location).toContain('error=');
});

test('S70 wrong, double and misplaced client authentication: refused, and throttled', async () => {
  const { code, pkce } = await signedIn(world);
  const params = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: pkce.verifier };
  const raw = (id: string, secret: string): Record<string, string> => ({
    Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
  });
  const tries: [string, Record<string, string>, Record<string, string>][] = [
    ['wrong secret', params, basic('attack-web', `${WEB_SECRET}x`)],
    ['empty secret', params, basic('attack-web', '')],
    ['longer in case', params, basic('attack-web', WEB_SECRET.toUpperCase())],
    ['secret in the body', { ...params, client_id: 'attack-web', client_secret: WEB_SECRET }, {}],
    ['both ways', { ...params, client_id: 'attack-web', client_secret: WEB_SECRET }, basic('attack-web')],
    ['no authentication', { ...params, client_id: 'attack-web' }, {}],
    ['unknown client', params, basic('nobody')],
    ['another client beside', { ...params, client_id: 'attack-third' }, basic('attack-web')],
    ['broken encoding', params, raw('attack-web', '%zz')],
    ['no colon', params, { Authorization: `Basic ${Buffer.from('attack-web').toString('base64')}` }],
    ['no base64', params, { Authorization: 'Basic attack-web:secret' }],
    ['bearer', params, { Authorization: `Bearer ${WEB_SECRET}` }],
    ['a key client with a secret', params, basic('attack-site', 'x'.repeat(40))],
    [
      'alg none',
      {
        ...params,
        client_id: 'attack-site',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"iss":"attack-site","sub":"attack-site"}').toString('base64url')}.`,
      },
      {},
    ],
  ];
  for (const [what, body, headers] of tries) {
    const answer = await token(world, body, { headers });
    expect([what, answer.status >= 400 || answer.status, answer.body.access_token]).toEqual([what, true, undefined]);
    expect([what, answer.body.error]).toEqual([what, expect.stringMatching(/^invalid_(client|request)$/)]);
  }
  const inQuery = await sendRaw(`${world.issuer}/token?client_id=attack-web&client_secret=${WEB_SECRET}`, {
    method: 'POST',
    body: new URLSearchParams(params),
  });
  expect(inQuery.status).toBeGreaterThanOrEqual(400);
  // None of these attempts used up the code.
  expect((await redeem(world, code, pkce)).status).toBe(200);

  const from = world.freshAddress();
  const statuses: number[] = [];
  for (let n = 0; n < 22; n += 1)
    statuses.push(
      (
        await token(
          world,
          { grant_type: 'authorization_code' },
          { headers: basic('attack-web', `guess-${n}`), from, ...(n % 2 ? { port } : {}) },
        )
      ).status,
    );
  expect(statuses.slice(0, 20)).toEqual(Array(20).fill(401));
  expect(statuses.slice(20)).toEqual([429, 429]);
  const throttled = await token(world, { grant_type: 'authorization_code' }, { headers: basic('attack-web', 'guess-23'), from });
  expect(Number(throttled.answer.headers['retry-after'])).toBeGreaterThan(0);
  // The correct secret is accepted from there too: see S117.
  expect((await token(world, { grant_type: 'authorization_code' }, { headers: basic('attack-web'), from })).body.error).toBe(
    'invalid_request',
  );
});

test('S82 the development pages of oidc-provider: not found', async () => {
  const { page } = await begin(world, 'attack-web');
  expect(headingOf(page)).toContain('ログイン');
  expect(page.text).not.toMatch(/oidc-provider|Sign-in \(/);
});
