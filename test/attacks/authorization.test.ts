// Attacks on authorization requests, codes, tokens and consent: design/security.md 60 to 66, 68 to 70, 72 to 76 and 82.
import { randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { checkRedirectUri } from '../../src/config/clients/check-redirect-uri.ts';
import { sendRaw, type Answer } from '../support/http-browser.ts';
import { CALLBACK, startWorld, WEB_SECRET, type World } from './support/attack-world.ts';
import {
  authorizationUrl,
  basic,
  begin,
  headingOf,
  makePkce,
  parseJson,
  redeem,
  requestParams,
  returned,
  signedIn,
  signIn,
  token,
} from './support/client.ts';
import { accountsOf, PASSWORD, registerUpTo } from './support/registration.ts';
import { untilFound } from '../support/until-true.ts';

// Processes start and mails travel; a busy machine takes its time.
jest.setTimeout(60_000);

let world: World;
let port: number;
let receiver: Server;
const logoutTokens: string[] = [];

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      logoutTokens.push(new URLSearchParams(body).get('logout_token') ?? '');
      response.end();
    });
  });
  await new Promise<void>((resolve) => {
    receiver.listen(0, '127.0.0.1', resolve);
  });
  const told = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/logout`;
  world = await startWorld({
    nodes: 2,
    clients: {
      'attack-told': {
        client_name: 'Attack told',
        application_type: 'web',
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: { $env: 'ATTACK_WEB_SECRET' },
        redirect_uris: [CALLBACK],
        backchannel_logout_uri: told,
        backchannel_logout_session_required: true,
        scope: 'openid profile email',
        common_id: { first_party: true, contact: 'attacks' },
      },
    },
  });
  port = world.nodes[1]?.port as number;
});
afterAll(async () => {
  await world?.close();
  receiver?.close();
});

const APP = 'maintenance-notebook-app';
const userInfo = async (accessToken: unknown): Promise<Answer> =>
  world.request('/me', { headers: { Authorization: `Bearer ${String(accessToken)}` } });
const ask = async (changes: Record<string, string | undefined>, clientId = 'attack-web'): Promise<Answer> =>
  (await begin(world, clientId, changes)).page;

test('S60 a redirect URI that is not the registered one to the letter: an error page, no redirect', async () => {
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

test('S61 native redirect URIs that only look like loopback, schemes of anybody: refused; any port of 127.0.0.1 and [::1] is taken', async () => {
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
  // What a client's file may say, so that none of these is ever registered.
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
    // A verifier that can be none is a malformed request to oidc-provider; one that is not the right one, an invalid grant. No token in either.
    expect([code_verifier, status, body.error]).toEqual([
      code_verifier,
      400,
      code_verifier.length < 43 || code_verifier.length > 128 || code_verifier.endsWith('!')
        ? 'invalid_request'
        : 'invalid_grant',
    ]);
  }
});

test('S63 a challenge that was taken out, a verifier that was left out: no token', async () => {
  const stripped = await ask({ code_challenge: undefined, code_challenge_method: undefined });
  expect(returned(stripped).has('code')).toBe(false);
  const { code, pkce } = await signedIn(world);
  expect((await redeem(world, code, pkce, { code_verifier: undefined })).body.error).toBe('invalid_grant');
  const empty = await signedIn(world);
  expect((await redeem(world, empty.code, empty.pkce, { code_verifier: '' })).body.error).toBe('invalid_grant');
  // The challenge of one request and the code of another: somebody's code put into the attacker's own session.
  const [victim, attacker] = [await signedIn(world), await signedIn(world, {}, { email: 'yamada@example.jp' })];
  expect((await redeem(world, victim.code, attacker.pkce)).body.error).toBe('invalid_grant');
});

test('S64 a secret that was shipped in an app: opens nothing', async () => {
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
  // Nor may one stand in the file of a native client: the start is refused.
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

test('S65 a code used twice, or fifty times at once over two nodes: once, and what it gave is taken back', async () => {
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
    // Connections that stand already: the requests arrive together.
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

test('S67 a refresh token used twice, or twenty times at once: once, and the family dies, also over a restart', async () => {
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
  const won = answers.filter(({ access_token: accessToken }) => accessToken !== undefined);
  expect(won).toHaveLength(1);
  expect((await refreshed(won[0]?.refresh_token)).error).toBe('invalid_grant');
});

test('S68 mix-up of issuers: every answer names the issuer', async () => {
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

test('S69 implicit and password grants: neither offered nor taken', async () => {
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
  // The same after the session was asked to begin anew (CVE-2026-7571).
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
  // None of this has used the code up.
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
  // The right secret passes, from there too: see S117.
  expect((await token(world, { grant_type: 'authorization_code' }, { headers: basic('attack-web'), from })).body.error).toBe(
    'invalid_request',
  );
});

const linkRequest = (dealer: string): Record<string, string> => ({
  scope: 'openid profile dealer_link offline_access service_history',
  authorization_details: JSON.stringify([{ type: 'dealer_link', dealer }]),
  resource: `${world.env.DEALER_SYSTEM_URL}/dealers/${dealer}`,
});

/** Signs in at a client of ours with a dealer link, or without one. */
async function withDealer(
  dealer: string,
  decision: 'link' | 'skip',
  email: string,
): Promise<{ body: Record<string, unknown>; pages: string[] }> {
  const { browser, pkce, page } = await begin(world, 'attack-web', linkRequest(dealer));
  const pages = [page.text];
  await browser.submit('/dealer-link', { decision }, CALLBACK);
  await signIn(browser, email);
  const answer = browser.page.url.includes('/finalize')
    ? await browser.open(browser.page.url.replace(/\/finalize.*$/, '/finalize/continue'), CALLBACK)
    : browser.page;
  const code = returned(answer).get('code') ?? '';
  return { body: (await redeem(world, code, pkce)).body, pages };
}

test('S72 consent that was not given, or for another dealer: nothing is given; native apps are asked every time', async () => {
  // Somebody else's service: names itself and every kind of data.
  const third = await begin(world, 'attack-third', { scope: 'openid profile email phone' });
  const page = await signIn(third.browser);
  expect(page.text).toContain('Attack third');
  expect(page.text.match(/<dt>/g)).toHaveLength(3);
  const silent = await begin(world, 'attack-third', { prompt: 'none' }, third.browser.copy());
  expect(returned(silent.page).get('error')).toMatch(/^(consent|interaction|login)_required$/);
  const denied = await third.browser.submit('/consent', { decision: 'deny' }, CALLBACK);
  expect(returned(denied).get('error')).toBe('access_denied');
  const afterDenial = await begin(world, 'attack-third', { prompt: 'none' }, third.browser);
  expect(returned(afterDenial.page).get('error')).toMatch(/^consent_required$|^interaction_required$/);
  // Allowed for these scopes, it is asked again for more.
  const allowed = await begin(world, 'attack-third', { scope: 'openid profile' }, third.browser);
  expect(returned(await allowed.browser.submit('/consent', { decision: 'allow' }, CALLBACK)).has('code')).toBe(true);
  expect(
    returned((await begin(world, 'attack-third', { scope: 'openid profile', prompt: 'none' }, third.browser)).page).has('code'),
  ).toBe(true);
  expect(
    returned((await begin(world, 'attack-third', { scope: 'openid profile email', prompt: 'none' }, third.browser)).page).get(
      'error',
    ),
  ).toBe('consent_required');

  // A native app could be anybody's: asked every time, also when it says nothing.
  const redirect_uri = 'http://127.0.0.1:9/callback';
  const native = await begin(world, APP, { redirect_uri, scope: 'openid' });
  await signIn(native.browser);
  expect(native.browser.page.url).toContain('/consent');
  // Whoever only looks at the page, or leaves it, has granted nothing.
  expect(world.rows("SELECT id FROM artifacts WHERE model = 'Grant' AND payload LIKE ?", `%${APP}%`)).toEqual([]);
  expect(returned(await native.browser.submit('/consent', { decision: 'allow' }, CALLBACK)).has('code')).toBe(true);
  const again = await begin(world, APP, { redirect_uri, scope: 'openid' }, native.browser);
  expect(again.page.url).toContain('/consent');
  expect(
    returned((await begin(world, APP, { redirect_uri, scope: 'openid', prompt: 'none' }, native.browser)).page).get('error'),
  ).toMatch(/_required$/);

  // The dealer: named, with what goes each way; refused, the flow goes on without it.
  const refused = await withDealer('tokyo-toyota', 'skip', 'sato@example.jp');
  const text = refused.pages.join('');
  expect(text).toContain('東京トヨタ');
  expect(text.match(/<section class="card">[\s\S]*?<\/section>/g)?.map((card) => card.match(/<li>/g)?.length)).toEqual([3, 3]);
  expect(refused.body.access_token).toBeDefined();
  expect(refused.body.authorization_details ?? []).toEqual([]);
  expect(parseJson((await userInfo(refused.body.access_token)).text).dealer_links ?? []).toEqual([]);

  // Linked with one, the token for that one names it alone, and there is none for another.
  const linked = await withDealer('aichi-toyota', 'link', 'sato@example.jp');
  expect(linked.body.authorization_details).toMatchObject([{ dealer: 'aichi-toyota' }]);
  const refreshFor = async (refreshToken: unknown, dealer: string): Promise<Record<string, unknown>> =>
    (
      await token(
        world,
        {
          grant_type: 'refresh_token',
          refresh_token: String(refreshToken),
          resource: `${world.env.DEALER_SYSTEM_URL}/dealers/${dealer}`,
        },
        { headers: basic('attack-web') },
      )
    ).body;
  const forAichi = await refreshFor(linked.body.refresh_token, 'aichi-toyota');
  const claims = decodeJwt(String(forAichi.access_token));
  expect(claims.aud).toBe(`${world.env.DEALER_SYSTEM_URL}/dealers/aichi-toyota`);
  expect((claims.authorization_details as { dealer: string }[]).map(({ dealer }) => dealer)).toEqual(['aichi-toyota']);
  const forTokyo = await refreshFor(forAichi.refresh_token, 'tokyo-toyota');
  expect(forTokyo.access_token).toBeUndefined();
  expect(forTokyo.error).toMatch(/^invalid_(target|request|grant)$/);
});

test('S73 the consent page answered unseen, or for somebody else: refused', async () => {
  const victim = await begin(world, 'attack-third');
  await signIn(victim.browser, 'yamada@example.jp');
  await victim.browser.submit('/consent', { decision: 'allow' }, CALLBACK);
  const [grant] = world.rows<{ id: string }>(`SELECT id FROM artifacts WHERE model = 'Grant' ORDER BY sequence DESC LIMIT 1`);

  // Before the login, at the address of the consent page: back to the login.
  const early = await begin(world, 'attack-third');
  const form = early.browser.form('/login');
  const forged = { ...form, action: form.action.replace('/login', '/consent') };
  for (const typed of [
    { decision: 'allow' },
    { decision: 'allow', grantId: grant?.id ?? '' },
    { decision: 'allow', account_id: 'x' },
  ]) {
    const answer = await early.browser.post(forged, typed as Record<string, string>);
    expect([400, 303]).toContain(answer.status);
    expect(returned(answer).has('code')).toBe(false);
    if (answer.status === 303) expect(answer.location).toBe(world.issuer + form.action);
  }
  // After it: another person's grant is not taken, whatever the form says.
  await signIn(early.browser);
  const answer = await early.browser
    .submit('/consent', { decision: 'allow', grantId: grant?.id ?? '', grant_id: grant?.id ?? '' }, CALLBACK)
    .catch(() => undefined);
  if (answer?.status === 400) await early.browser.open(early.page.url);
  else {
    const { body } = await redeem(world, returned(answer as Answer).get('code') ?? '', early.pkce, { clientId: 'attack-third' });
    expect(parseJson((await userInfo(body.access_token)).text).email).toBe('sato@example.jp');
  }
  // Somebody else's page with one's own cookies.
  const other = await begin(world, 'attack-third');
  await signIn(other.browser);
  const stranger = await begin(world, 'attack-third');
  await signIn(stranger.browser, 'yamada@example.jp');
  const stolen = { ...stranger.browser.form('/consent'), action: other.browser.form('/consent').action };
  expect((await stranger.browser.post(stolen, { decision: 'allow' })).status).toBe(400);
});

test('S74 required information left out by the resume address, the last page or prompt=none: asked for all the same', async () => {
  const { browser, pkce } = await begin(world, 'attack-required');
  await signIn(browser);
  expect(browser.page.url).toContain('/required-profile');
  const uid = /interaction\/([\w-]+)/.exec(browser.page.url)?.[1] ?? '';
  const at = browser.page;
  for (const path of [
    `/auth/${uid}`,
    `/interaction/${uid}/required-profile/done`,
    `/interaction/${uid}/required-profile/confirm`,
    `/interaction/${uid}/consent`,
    `/interaction/${uid}/finalize/continue`,
  ]) {
    const copy = browser.copy();
    const answer = await copy.open(world.issuer + path, CALLBACK);
    expect([path, returned(answer).has('code')]).toEqual([path, false]);
  }
  // oidc-provider ends a request at its resume address; so each way is tried in a request of its own.
  for (const [action, typed] of [
    ['/done', {}],
    ['/confirm', {}],
  ] as const) {
    const fresh = await begin(world, 'attack-required', {}, world.browser());
    await signIn(fresh.browser);
    const form = fresh.browser.form('/required-profile');
    const answer = await fresh.browser.submit({ ...form, action: `${form.action}${action}` }, typed, CALLBACK);
    expect(returned(answer).has('code')).toBe(false);
    expect(fresh.browser.page.url).toContain('/required-profile');
  }
  expect(at.status).toBe(200);
  const { browser: member } = await signedIn(world);
  const silent = await begin(world, 'attack-required', { prompt: 'none' }, member);
  expect(returned(silent.page).get('error')).toBe('interaction_required');
  expect((await redeem(world, 'x', pkce, { clientId: 'attack-required' })).body.error).toBe('invalid_grant');
  expect(accountsOf(world, 'sato@example.jp')[0]?.confirmations ?? {}).not.toHaveProperty('attack-required');
  // Confirmed, it is in the account and nowhere else.
  const typed = { birthdate_year: '1990', birthdate_month: '2', birthdate_day: '3' };
  // In a request of its own: the copies above have taken this session's cookie along.
  const honest = (await begin(world, 'attack-required', {}, world.browser())).browser;
  await signIn(honest);
  await honest.submit('/required-profile', typed);
  const kept = () => world.rows("SELECT id FROM expiring_documents WHERE document LIKE '%typed_profile%'");
  expect(kept()).toHaveLength(1);
  await honest.submit('/required-profile/confirm');
  expect(kept()).toEqual([]);
  expect(accountsOf(world, 'sato@example.jp')[0]?.profile).toMatchObject({ birthdate: '1990-02-03' });
});

test('S75 the subject as an address, across clients, or after a deletion: opaque, pairwise where configured, never used again', async () => {
  const subject = async (clientId: string, email: string, password = 'Common-2026'): Promise<string> => {
    const { browser, pkce } = await begin(world, clientId, { scope: 'openid email' });
    let answer = await signIn(browser, email, password);
    if (answer.url.includes('/consent')) answer = await browser.submit('/consent', { decision: 'allow' }, CALLBACK);
    const { body } = await redeem(world, returned(answer).get('code') ?? '', pkce, { clientId });
    const { sub } = decodeJwt(String(body.id_token));
    expect(parseJson((await userInfo(body.access_token)).text).sub).toBe(sub);
    return String(sub);
  };
  const [first, again, elsewhere] = [
    await subject('attack-web', 'sato@example.jp'),
    await subject('attack-web', 'sato@example.jp'),
    await subject('attack-told', 'sato@example.jp'),
  ];
  expect(again).toBe(first);
  expect(elsewhere).toBe(first);
  expect(first).not.toMatch(/sato|example|@|^\d+$/);
  const pairwise = await subject('attack-third', 'sato@example.jp');
  expect(pairwise).not.toBe(first);
  expect(await subject('attack-third', 'sato@example.jp')).toBe(pairwise);
  expect(await subject('attack-web', 'yamada@example.jp')).not.toBe(first);

  const { browser, email } = await registerUpTo(world, 'confirm');
  await browser.submit('/create/confirm');
  const before = await subject('attack-web', email, PASSWORD);
  world.change(`DELETE FROM accounts WHERE document ->> 'email' = ?`, email);
  world.change(`DELETE FROM identifiers WHERE key = ?`, `email:${email}`);
  const reborn = await registerUpTo(world, 'email');
  await reborn.browser.submit('/create/email', { email });
  const newest = await world.mail(email, 2);
  await reborn.browser.submit('/create/code', { code: /\d{6}/.exec(newest.text.normalize('NFKC'))?.[0] ?? '' });
  await reborn.browser.submit('/create/profile', { ...(await import('./support/registration.ts')).PROFILE });
  await reborn.browser.submit('/create/confirm');
  expect(reborn.browser.page.url).toContain('/complete');
  expect(await subject('attack-web', email, PASSWORD)).not.toBe(before);
});

test('S76 one kind of token for another, or of another client: refused', async () => {
  const { browser, pkce, code } = await signedIn(world, { scope: 'openid profile offline_access' });
  const { body } = await redeem(world, code, pkce);
  const [idToken, accessToken, refreshToken] = [body.id_token, body.access_token, body.refresh_token].map(String) as [
    string,
    string,
    string,
  ];
  expect(decodeJwt(idToken).aud).toBe('attack-web');
  // At UserInfo: access tokens only.
  for (const wrong of [idToken, refreshToken, code, 'garbage', 'x'.repeat(100_00), '']) {
    expect([wrong.slice(0, 20), (await userInfo(wrong)).status]).toEqual([wrong.slice(0, 20), expect.any(Number)]);
    expect((await userInfo(wrong)).status).toBeGreaterThanOrEqual(400);
    expect((await userInfo(wrong)).status).toBeLessThan(500);
  }
  // A JWT access token and a logout token look like ID tokens.
  const linked = await withDealer('osaka-toyota', 'link', 'yamada@example.jp');
  const jwtAccess = String(
    (
      await token(
        world,
        {
          grant_type: 'refresh_token',
          refresh_token: String(linked.body.refresh_token),
          resource: `${world.env.DEALER_SYSTEM_URL}/dealers/osaka-toyota`,
        },
        { headers: basic('attack-web') },
      )
    ).body.access_token,
  );
  expect(JSON.parse(Buffer.from(jwtAccess.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({ typ: 'at+jwt' });
  expect((await userInfo(jwtAccess)).status).toBe(401);
  const told = await signedIn(world, {}, { clientId: 'attack-told' });
  await told.browser.open(`${world.issuer}/session/end`);
  await told.browser.submit('/session/end/confirm', { logout: 'yes' });
  const logoutToken = await untilFound('a logout token', () => logoutTokens[0]);
  expect(decodeJwt(logoutToken)).toMatchObject({ aud: 'attack-told' });
  for (const wrong of [accessToken, jwtAccess, logoutToken, refreshToken]) {
    const hinted = await begin(world, 'attack-told', { id_token_hint: wrong, prompt: 'none' }, browser.copy());
    expect([wrong.slice(0, 40), returned(hinted.page).has('code')]).toEqual([wrong.slice(0, 40), false]);
    const logout = await browser
      .copy()
      .open(
        `${world.issuer}/session/end?${new URLSearchParams({ id_token_hint: wrong, post_logout_redirect_uri: 'http://127.0.0.1:9/logged-out' }).toString()}`,
      );
    expect([wrong.slice(0, 40), logout.status]).toEqual([wrong.slice(0, 40), 400]);
    expect((await userInfo(logoutToken)).status).toBe(401);
  }
  // Whose token it is, nobody else is told.
  const introspect = async (clientId: string, value: string): Promise<unknown> =>
    parseJson(
      (
        await world.request('/token/introspection', {
          method: 'POST',
          headers: basic(clientId),
          body: new URLSearchParams({ token: value }),
        })
      ).text,
    ).active;
  expect(await introspect('attack-web', refreshToken)).toBe(true);
  for (const value of [refreshToken, accessToken]) {
    expect(await introspect('attack-third', value)).toBe(false);
    expect(await introspect('attack-told', value)).toBe(false);
  }
  expect(await introspect('attack-web', idToken)).not.toBe(true);
});

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Starts the real program with nothing but this environment; answers how it ended. */
async function startProgram(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['--no-warnings', 'src/main.js', 'id'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', NODE_ENV: 'production', ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), 50_000);
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  clearTimeout(timer);
  return { code, output };
}

test('S82 production with the keys, data and pages of development: does not start', async () => {
  const nothing = await startProgram({});
  expect(nothing.code).toBe(1);
  for (const name of [
    'ISSUER',
    'COOKIE_KEYS',
    'HMAC_KEY',
    'DATABASE_URL',
    'KEY_DIRECTORY',
    'SMTP_URL',
    'DEMO_DATA',
    'TRUST_PROXY',
    'GAZOO_CLIENT_SECRET',
  ])
    expect(nothing.output).toContain(name);
  expect(nothing.output).not.toMatch(/\n\s+at /);
  const secret = randomBytes(32).toString('hex');
  const good = {
    ISSUER: 'https://id.example.jp',
    PORT: '0',
    OWNERS_SITE_URL: 'https://owners.example.jp',
    NOTEBOOK_URL: 'https://notebook.example.jp',
    DEALER_SYSTEM_URL: 'https://dealers.example.jp',
    DEMO_CLIENTS_URL: 'https://gazoo.example.jp',
    SMTP_URL: 'smtps://mail.example.jp',
    MAIL_FROM: 'no-reply@id.example.jp',
    DATABASE_URL: `sqlite:${world.directory}/production.sqlite`,
    KEY_DIRECTORY: `${world.directory}/no-keys`,
    DATA_DIRECTORY: `${world.directory}/production`,
    COOKIE_KEYS: secret,
    HMAC_KEY: randomBytes(32).toString('hex'),
    TRUST_PROXY: 'true',
    DEMO_DATA: 'false',
    GAZOO_CLIENT_SECRET: randomBytes(32).toString('hex'),
  };
  const bad: [Record<string, string>, RegExp][] = [
    [{}, /key/],
    [{ ISSUER: 'http://id.example.jp' }, /ISSUER/],
    [{ COOKIE_KEYS: 'short' }, /COOKIE_KEYS/],
    [{ COOKIE_KEYS: `${secret},short` }, /COOKIE_KEYS/],
    [{ HMAC_KEY: 'short' }, /HMAC_KEY/],
    [{ DATABASE_URL: 'memory' }, /DATABASE_URL/],
    [{ DEMO_DATA: 'true' }, /DEMO_DATA/],
    [{ GAZOO_CLIENT_SECRET: 'gazoo-for-development-only-0123456789abcdef' }, /GAZOO_CLIENT_SECRET/],
    [{ MAILBOX_URL: 'https://mailbox.example.jp' }, /MAILBOX_URL/],
    [{ PASSWORD_HASH_COST: '4' }, /PASSWORD_HASH_COST/],
  ];
  const ends = await Promise.all(bad.map(async ([env]) => startProgram({ ...good, ...env })));
  bad.forEach(([env, named], index) => {
    expect([env, ends[index]?.code]).toEqual([env, 1]);
    expect(ends[index]?.output).toMatch(named);
    expect(ends[index]?.output).not.toContain(secret);
  });
  // The pages that oidc-provider has for development are not there.
  const { page } = await begin(world, 'attack-web');
  expect(headingOf(page)).toContain('ログイン');
  expect(page.text).not.toMatch(/oidc-provider|Sign-in \(/);
}, 120_000);
