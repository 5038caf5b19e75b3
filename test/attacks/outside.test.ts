// Requests and answers of others that we store or read: design/security-2.md S113 to S115; what we answer to programs: design/reality.md R35, R38, R39.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { boundedFetch } from '../../src/http/bounded-fetch.ts';
import { headingOf, type Answer } from '../support/http-browser.ts';
import { CALLBACK, makeTestKey, startWorld, type TestKey, type World } from './support/attack-world.ts';
import { untilTrue } from '../support/until-true.ts';
import {
  assertion,
  authorizationUrl,
  basic,
  begin,
  makePkce,
  parseJson,
  push,
  redeem,
  requestParams,
  returned,
  signedIn,
  signIn,
} from './support/client.ts';

jest.setTimeout(120_000);

const KINDS = ['small', 'large', 'gzip'] as const;
type Kind = (typeof KINDS)[number];

let world: World;
let key: TestKey;
let outside: Server;
let outsideUrl: string;
let asked: IncomingMessage[] = [];
/** How many endless answers were given up by the reader. */
let ended = 0;

beforeAll(async () => {
  key = await makeTestKey();
  outside = createServer((request, response) => {
    asked.push(request);
    const kind = request.url?.slice(1);
    const keys = JSON.stringify({ keys: [key.publicJwk] });
    if (kind === 'slow') response.write(' ');
    else if (kind === 'endless') {
      response.on('error', () => undefined);
      response.on('close', () => (ended += 1));
      const more = (): void => void (response.writable && response.write(' '.repeat(16_384), () => setImmediate(more)));
      more();
    } else if (kind === 'gzip') response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(keys));
    else response.end(kind === 'large' ? keys + ' '.repeat(65_537) : keys);
  });
  await new Promise<void>((resolve) => {
    outside.listen(0, '127.0.0.1', resolve);
  });
  outsideUrl = `http://127.0.0.1:${(outside.address() as AddressInfo).port}`;
  const client = (kind: Kind): object => ({
    client_name: `Keys ${kind}`,
    application_type: 'web',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: `${outsideUrl}/${kind}`,
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'client_credentials'],
    scope: 'openid profile migration:read',
    common_id: { first_party: true, contact: 'attacks', legacy_import: true },
  });
  world = await startWorld({
    env: { TRUST_PROXY: 'true' },
    clients: Object.fromEntries(KINDS.map((kind) => [`keys-${kind}`, client(kind)])),
  });
});
afterAll(async () => {
  await world?.close();
  outside?.closeAllConnections();
  outside?.close();
});

test('S114 compressed, large, endless and slow answers of other servers: refused, before they use memory', async () => {
  asked = [];
  const read = async (kind: string, options?: RequestInit, timeoutMs?: number): Promise<string> =>
    boundedFetch(`${outsideUrl}/${kind}`, options, timeoutMs).then(
      async (answer) => String(((await answer.json()) as { keys: unknown[] }).keys.length),
      (error: unknown) => (error as Error).message,
    );
  expect(await read('small')).toBe('1');
  expect(await read('large')).toBe('the answer is longer than 65536 bytes');
  // Long before the timeout.
  expect(await read('endless', {}, 600_000)).toBe('the answer is longer than 65536 bytes');
  await untilTrue('the connection of the endless answer is closed', () => ended === 1);
  expect(await read('gzip')).toBe('the answer is encoded (gzip), which was not asked for');
  expect(await read('slow', { signal: AbortSignal.timeout(200) })).toMatch(/timeout/);
  expect(await read('slow', {}, 200)).toMatch(/timeout/);
  expect(await read('slow', { signal: new AbortController().signal }, 200)).toMatch(/timeout/);
  expect(asked.map(({ headers }) => headers['accept-encoding'])).toEqual(asked.map(() => 'identity'));
});

test('S114 the same answers as the keys of a client: its authentication is refused', async () => {
  asked = [];
  for (const kind of KINDS) {
    const clientId = `keys-${kind}`;
    const fields = {
      grant_type: 'client_credentials',
      scope: 'migration:read',
      ...(await assertion(clientId, key, world.issuer)),
    };
    const answer = await world.request('/token', { method: 'POST', body: new URLSearchParams(fields) });
    expect([kind, answer.status]).toEqual([kind, kind === 'small' ? 200 : 401]);
  }
  expect(asked.map(({ headers }) => headers['accept-encoding'])).toEqual(asked.map(() => 'identity'));
  expect(asked.length).toBeGreaterThanOrEqual(3);
});

test('S115 invented schemes and hosts in proxy headers: the document has the issuer’s, also for the next visitor', async () => {
  const path = '/.well-known/openid-configuration';
  const ask = async (headers: Record<string, string>): Promise<Answer> => world.request(path, { headers });
  const usual = (await ask({})).text;
  const odd = ['javascript', 'https', 'ftp', 'HTTP', 'x'.repeat(4000), '\u00e9', 'http, https', '', '__proto__'];
  for (const proto of odd) {
    expect([proto, (await ask({ 'X-Forwarded-Proto': proto, 'X-Forwarded-Host': 'evil.example' })).text]).toEqual([proto, usual]);
  }
  expect((await ask({ 'X-Forwarded-Proto': 'javascript', Origin: 'https://app.example' })).text).toBe(usual);
  expect((parseJson(usual) as { token_endpoint: string }).token_endpoint).toBe(`${world.issuer}/token`);
});

const interactions = (): number => world.rows(`SELECT id FROM artifacts WHERE model = 'Interaction'`).length;

test('S113 a large state, nonce or request: invalid_request to the client, and nothing is stored', async () => {
  const kept = interactions();
  const [long, longer] = ['x'.repeat(2048), 'あ'.repeat(683)];
  for (const changes of [{ state: longer }, { nonce: longer }, { login_hint: long, state: long }]) {
    const { page } = await begin(world, 'attack-web', changes);
    expect([Object.keys(changes), returned(page).get('error')]).toEqual([Object.keys(changes), 'invalid_request']);
    expect(returned(page).get('state')).toBe(changes.state === longer ? null : (changes.state ?? 'state-of-the-test'));
    const pushed = await push(world, requestParams('attack-site', makePkce(), changes));
    expect([pushed.status, parseJson(pushed.text).error]).toEqual([400, 'invalid_request']);
  }
  expect(interactions()).toBe(kept);
  const { browser } = await begin(world, 'attack-web', { state: long });
  expect(returned(await signIn(browser)).get('state')).toBe(long);
});

test("S113 unfinished requests of one network: 429 with a page in the person's language, and others continue", async () => {
  const from = world.freshAddress();
  // From the network of the last request, whose name is hidden.
  const points = (): unknown =>
    world.rows(`SELECT points FROM counters WHERE key LIKE 'unfinished-request:%' ORDER BY expires_at DESC LIMIT 1`)[0];
  const { browser } = await begin(world, 'attack-web', {}, world.browser({ from }));
  expect(points()).toEqual({ points: 1 });
  // A request that is answered at once is finished.
  const { page: answered } = await begin(world, 'attack-web', { prompt: 'none' }, world.browser({ from }));
  expect(returned(answered).get('error')).toBe('login_required');
  expect(points()).toEqual({ points: 1 });
  // One that is refused is not stored, and continuing one that does not exist finishes none.
  for (const path of ['/auth?client_id=nobody', '/auth/nobody', '/auth/no.body']) {
    const { status } = await world.browser({ from }).send(`${world.issuer}${path}`);
    expect([path, status >= 400 && status < 500, points()]).toEqual([path, true, { points: 1 }]);
  }
  expect(returned(await signIn(browser)).get('code')).not.toBeNull();
  expect(points()).toEqual({ points: 0 });
  world.change(`UPDATE counters SET points = 30000 WHERE key LIKE 'unfinished-request:%'`);
  for (const [language, title] of [
    ['ja', 'しばらく待って'],
    ['en', 'Please wait a little'],
  ] as const) {
    const person = world.browser({ from, language });
    const refused = await person.send(authorizationUrl(world.issuer, requestParams('attack-web', makePkce())));
    expect([refused.status, headingOf(refused)]).toEqual([429, expect.stringContaining(title)]);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  }
  expect((await begin(world, 'attack-web')).page.status).toBe(200);
});

test('S113 pushed requests of a public client of one network: 429 with Retry-After, removed after their minute, and a client with a key continues', async () => {
  const clientId = 'maintenance-notebook-app';
  const body = (): URLSearchParams =>
    new URLSearchParams(requestParams(clientId, makePkce(), { redirect_uri: 'http://127.0.0.1:5000/callback' }));
  const from = world.freshAddress();
  const send = async (address: string): Promise<Answer> =>
    world.request('/request', { method: 'POST', body: body(), from: address } as never);
  expect((await send(from)).status).toBe(201);
  world.change(`UPDATE counters SET points = 30000 WHERE key LIKE 'pushed-request:%'`);
  const refused = await send(from);
  expect([refused.status, parseJson(refused.text).error]).toEqual([429, 'temporarily_unavailable']);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect((await send(world.freshAddress())).status).toBe(201);
  const fields = {
    ...requestParams('attack-site', makePkce()),
    ...(await assertion('attack-site', world.siteKey, world.issuer)),
  };
  const authenticated = await world.request('/request', { method: 'POST', body: new URLSearchParams(fields), from });
  expect(authenticated.status).toBe(201);
  const [last] = world.rows<{ last: number }>(
    `SELECT max(expires_at) AS last FROM artifacts WHERE model = 'PushedAuthorizationRequest'`,
  );
  expect(last!.last).toBeLessThan(Date.now() + 70_000);
});

test('R38 the keys and the discovery document: may be cached for less time than a new key is published ahead, and 304 while they stay', async () => {
  const day = 24 * 60 * 60;
  for (const path of ['/jwks', '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']) {
    const first = await world.request(path);
    const { etag = '', 'cache-control': cacheControl = '' } = first.headers;
    expect([path, first.status, etag]).toEqual([path, 200, expect.stringMatching(/^"[\w-]{20,}"$/)]);
    const [, seconds] = /^public, max-age=(\d+)$/.exec(cacheControl) ?? [];
    expect([path, Number(seconds) > 0 && Number(seconds) < day]).toEqual([path, true]);
    for (const headers of [{ 'If-None-Match': etag }, { 'If-None-Match': `"x", W/${etag}` }] as Record<string, string>[]) {
      for (const method of ['GET', 'HEAD']) {
        const again = await world.request(path, { method, headers });
        expect([again.status, again.text, again.headers.etag, again.headers['cache-control']]).toEqual([
          304,
          '',
          etag,
          cacheControl,
        ]);
        expect(again.headers['content-type']).toBeUndefined();
      }
    }
    const other = await world.request(path, { headers: { 'If-None-Match': '"other"', Origin: 'https://app.example' } });
    expect([other.status, other.headers.etag, other.headers['access-control-allow-origin'] !== undefined]).toEqual([
      200,
      etag,
      true,
    ]);
    expect(other.headers.vary).toMatch(/origin/i);
    const refused = await world.request(path, { method: 'POST', body: '' });
    expect([path, refused.headers['cache-control'] ?? '']).toEqual([path, expect.not.stringContaining('public')]);
  }
  const [keys, discovery] = [await world.request('/jwks'), await world.request('/.well-known/openid-configuration')];
  expect(keys.headers.etag).not.toBe(discovery.headers.etag);
});

test('R35 empty answers to programs: without Content-Type, which some libraries would parse', async () => {
  const { code, pkce } = await signedIn(world, { scope: 'openid offline_access' });
  const { body } = await redeem(world, code, pkce);
  const revoke = async (value: string): Promise<Answer> =>
    world.request('/token/revocation', {
      method: 'POST',
      body: new URLSearchParams({ token: value }),
      headers: basic('attack-web'),
    });
  const preflight = { Origin: 'https://app.example', 'Access-Control-Request-Method': 'GET' };
  const answers = {
    'a token': await revoke(String(body.refresh_token)),
    'a token that was revoked': await revoke(String(body.refresh_token)),
    'an unknown token': await revoke('unknown'),
    'a question of a browser (CORS)': await world.request('/me', { method: 'OPTIONS', headers: preflight }),
  };
  for (const [what, { status, text, headers }] of Object.entries(answers)) {
    expect([what, status < 300, text, headers['content-type']]).toEqual([what, true, '', undefined]);
  }
  const headers = { Authorization: `Bearer ${String(body.access_token)}` };
  expect((await world.request('/me', { headers })).status).toBe(401);
});

test('R39 POST /auth with a hand-over or a credential: it gets into no address, and a hand-over is refused there', async () => {
  const secrets = {
    legacy_profile: 'ey.hand-over.of-somebody',
    request: 'ey.signed.request',
    client_secret: 'a-secret-of-a-client',
    client_assertion: 'ey.assertion.of-a-client',
  };
  for (const path of ['/auth', '/session/end']) {
    for (const [name, value] of Object.entries(secrets)) {
      const params = { ...requestParams('attack-site', makePkce()), [name]: value };
      const body = `${new URLSearchParams(params).toString()}&${new URLSearchParams({ [name]: value }).toString().replace('_', '%5F')}`;
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const moved = await world.request(path, { method: 'POST', body, headers });
      expect([path, name, moved.status, moved.location?.includes(`${name}=removed&${name}=removed`)]).toEqual([
        path,
        name,
        303,
        true,
      ]);
      expect([path, name, moved.location?.includes(value)]).toEqual([path, name, false]);
    }
  }
  const body = new URLSearchParams({ ...requestParams('attack-site', makePkce()), legacy_profile: secrets.legacy_profile });
  const { location = '' } = await world.request('/auth', { method: 'POST', body });
  const refused = await world.browser().open(location, CALLBACK);
  expect(Object.fromEntries(returned(refused))).toMatchObject({
    error: 'invalid_request',
    error_description: expect.stringContaining('send it in a pushed authorization request'),
    state: 'state-of-the-test',
  });
});
