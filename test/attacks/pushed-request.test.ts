// Attacks on a pushed authorization request in the browser: design/security-2.md S106.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { createSecretKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, UnsecuredJWT } from 'jose';
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts';
import { createProviderConfiguration } from '../../src/oidc/provider-configuration.ts';
import { createPushedRequestBinding } from '../../src/oidc/endpoints/pushed-request-browser.ts';
import { headingOf, createBrowser, sendRaw, textOf, type Answer, type Browser } from '../support/http-browser.ts';
import { CALLBACK, startWorld, type World } from './support/attack-world.ts';
import { authorizationUrl, basic, makePkce, parseJson, requestParams, returned, signIn } from './support/client.ts';
import { figure } from './support/figure.ts';
import { goOn, migrationOf, pushMigration, redeemAtSite } from './support/migration.ts';

// Processes start slowly on a busy machine.
jest.setTimeout(60_000);

const HOME = 'http://127.0.0.1:9/home';
const ELSEWHERE = '別のブラウザーで開かれた手続きです';
const EXPIRED = '画面の有効期限が切れました';

let world: World;
beforeAll(async () => {
  world = await startWorld({
    nodes: 2,
    clients: {
      'par-web': {
        client_name: 'Pushing web',
        client_uri: HOME,
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: { $env: 'ATTACK_WEB_SECRET' },
        redirect_uris: [CALLBACK],
        scope: 'openid profile email',
        common_id: { first_party: true, contact: 'attacks' },
      },
      'par-app': {
        client_name: 'Pushing app',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://127.0.0.1/callback'],
        scope: 'openid profile email',
        common_id: { first_party: true, contact: 'attacks' },
      },
    },
  });
});
afterAll(async () => world?.close());

const portOf = (n: number): number => world.nodes[n % 2]?.port as number;
const opened = ({ url, status }: Answer): boolean => status === 200 && url.includes('/interaction/');

/** Pushes a request. Returns the URL for the browser. */
async function push(changes: Record<string, string> = {}, clientId = 'par-web'): Promise<string> {
  const { text } = await world.request('/request', {
    method: 'POST',
    body: new URLSearchParams(requestParams(clientId, makePkce(), changes)),
    headers: clientId === 'par-web' ? basic(clientId) : {},
  });
  const requestUri = String(parseJson(text).request_uri);
  expect(requestUri).toContain('urn:');
  return authorizationUrl(world.issuer, { client_id: clientId, request_uri: requestUri });
}
/** A browser with our cookies. */
async function acquainted(port?: number): Promise<Browser> {
  const browser = world.browser();
  await browser.open(await push());
  expect(opened(browser.page)).toBe(true);
  return port === undefined ? browser : browser.copy({ port });
}

test('S106 another browser opens a pushed request: a page to start again, in its language, and the first browser continues', async () => {
  for (const stranger of [world.browser(), await acquainted()]) {
    const url = await push({ ui_locales: 'ja' });
    const first = world.browser();
    expect(opened(await first.open(url, CALLBACK))).toBe(true);
    const answer = await stranger.open(url, CALLBACK);
    expect([answer.status, headingOf(answer)]).toEqual([400, ELSEWHERE]);
    expect(answer.text).toContain(`href="${HOME}"`);
    expect(textOf(answer.text)).toContain('元のサイトからもう一度始めてください');
    expect(returned(await signIn(first)).has('code')).toBe(true);
  }
  const english = await push({ ui_locales: 'en' });
  await world.browser().open(english);
  expect(headingOf(await world.browser().open(english))).toBe('This was opened in another browser');
});

test('S106 a signed-in stranger opens the request of a legacy user: the identity stays its owner’s', async () => {
  const { url, pkce } = await pushMigration(world, { sub: 'owner-of-cars', vehicles: [{ vin: 'ZVW30-77' }] });
  const owner = world.browser();
  await owner.open(url, CALLBACK);
  const stranger = await acquainted();
  await signIn(stranger, 'yamada@example.jp');
  const answer = await stranger.open(url, CALLBACK);
  expect([answer.status, returned(answer).has('code')]).toEqual([400, false]);
  expect(migrationOf(world, 'owner-of-cars')).not.toHaveProperty('candidate');
  await signIn(owner);
  expect((await redeemAtSite(world, await goOn(owner), pkce)).id_token).toBeDefined();
});

test('S106 many browsers open one request at the same moment, at two nodes: exactly one continues', async () => {
  const browsers = await Promise.all(Array.from({ length: figure(40, 8) }, async (_, n) => acquainted(portOf(n))));
  const url = await push();
  const answers = await Promise.all(browsers.map(async (browser) => browser.open(url, CALLBACK)));
  expect(answers.filter(opened)).toHaveLength(1);
  for (const answer of answers.filter((one) => !opened(one)))
    expect([answer.status, headingOf(answer)]).toEqual([400, ELSEWHERE]);
  // The first browser stays the first, at the other node too.
  const again = await Promise.all(browsers.map(async (browser, n) => browser.copy({ port: portOf(n + 1) }).open(url, CALLBACK)));
  expect(again.map(opened)).toEqual(answers.map(opened));
});

test('S106 two browsers are both looked up before either is stored: one is refused', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'pushed-request-'));
  const clock = Date.now;
  const opened = await openSqliteStorage({ path: join(directory, 'db.sqlite'), clock });
  try {
    const iat = Math.floor(clock() / 1000);
    const request = new UnsecuredJWT({ client_id: 'par-web' }).encode();
    await opened.artifacts.save('PushedAuthorizationRequest', 'one', { request, iat, exp: iat + 60 }, clock() + 60_000);
    // A slow database: every answer comes after the next query.
    const slow = new Proxy(opened.artifacts, {
      get:
        (store, name) =>
        async (...args: unknown[]) => {
          const answer = await (Reflect.get(store, name) as (...given: unknown[]) => Promise<unknown>).apply(store, args);
          await new Promise((resolve) => setTimeout(resolve, 30));
          return answer;
        },
    });
    const bind = createPushedRequestBinding({
      config: { issuer: 'http://id.example', lifetimes: { interaction: 3600 } },
      clients: { find: () => undefined },
      storage: { artifacts: slow },
      clock,
    } as never);
    const open = async (browserId: string): Promise<boolean> => {
      const query = { client_id: 'par-web', request_uri: 'urn:ietf:params:oauth:request_uri:one' };
      const context = { query, cookies: { get: () => browserId }, state: { preferLanguages: () => undefined } };
      return bind(context as never, async () => undefined).then(
        () => true,
        () => false,
      );
    };
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map(open));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await Promise.all(['a', 'b', 'c', 'd'].map(open))).toEqual(answers);
  } finally {
    await opened.close();
    await rm(directory, { recursive: true });
  }
});

test('S106 the same browser reloads, with two tabs, late, after sign-in, after the end: it works until a code was issued', async () => {
  const url = await push();
  const browser = world.browser();
  await browser.open(url, CALLBACK);
  const tab = browser.copy();
  expect(opened(await tab.open(url, CALLBACK))).toBe(true);
  expect(opened(await browser.open(url, CALLBACK))).toBe(true);
  // The minute no longer counts; the request of a client that authenticates stays for a day. oidc-provider reads both times from the machine's clock.
  const id = new URL(url).searchParams.get('request_uri')?.split(':').at(-1) ?? '';
  const [row] = world.rows<{ payload: string }>(
    "SELECT payload FROM artifacts WHERE model = 'PushedAuthorizationRequest' AND id = ?",
    id,
  );
  const { iat, exp, request } = JSON.parse(row?.payload ?? '') as { iat: number; exp: number; request: string };
  expect([exp - iat, Number(decodeJwt(request).exp) - iat]).toEqual([86_460, 86_460]);
  await world.advance(50 * 60_000);
  expect(opened(await browser.open(url, CALLBACK))).toBe(true);
  const stranger = await world.browser().open(url, CALLBACK);
  expect([stranger.status, headingOf(stranger)]).toEqual([400, ELSEWHERE]);
  expect(returned(await signIn(browser)).has('code')).toBe(true);
  // Used up: the back button shows a page, and there is no second code.
  for (const copy of [browser, tab, world.browser()]) {
    const answer = await copy.open(url, CALLBACK);
    expect([answer.status, headingOf(answer), returned(answer).has('code')]).toEqual([400, EXPIRED, false]);
  }
  // A browser with a session needs no page: one code, however often it opens the request.
  const next = await push();
  const answers = await Promise.all([browser.send(next), browser.send(next), browser.send(next)]);
  expect(answers.filter((answer) => returned(answer).has('code'))).toHaveLength(1);
});

test('S106 nobody opens it within the minute: it is over, and nothing of it is stored', async () => {
  const url = await push();
  const id = new URL(url).searchParams.get('request_uri')?.split(':').at(-1) ?? '';
  const [row] = world.rows<{ expires_at: number }>('SELECT expires_at FROM artifacts WHERE id = ?', id);
  expect(row).toBeDefined();
  await world.advance(61_000);
  const answer = await (await acquainted()).open(url, CALLBACK);
  expect([answer.status, headingOf(answer)]).toEqual([400, EXPIRED]);
  const late = world.rows<{ ahead: number }>(
    `SELECT expires_at - (SELECT max(expires_at) FROM artifacts WHERE model = 'PushedRequestBrowser') AS ahead FROM artifacts WHERE id = ?`,
    id,
  );
  for (const { ahead } of late) expect(ahead).toBeLessThan(0);
});

test('S106 the first answer is lost, cookies are lost or off, a scanner opens it: it is not bound to a browser that never returns', async () => {
  const url = await push();
  // The answer never arrives; a scanner or a chat preview opens it without cookies.
  for (const method of ['GET', 'HEAD', 'GET'])
    expect((await sendRaw(url, { method, from: world.freshAddress() })).status).toBe(303);
  const off = createBrowser({ from: world.freshAddress() });
  let answer = await off.send(url);
  while (answer.location !== undefined) {
    off.cookies.clear();
    answer = await off.send(answer.location);
  }
  expect([answer.status, headingOf(answer)]).toEqual([400, 'Cookieを使えるようにしてください']);
  const browser = world.browser();
  expect(opened(await browser.open(url, CALLBACK))).toBe(true);
  // From now on it belongs to this browser, which without its cookies is another one.
  const forgetful = browser.copy();
  forgetful.cookies.clear();
  const refused = await forgetful.open(url, CALLBACK);
  expect([refused.status, headingOf(refused)]).toEqual([400, ELSEWHERE]);
  expect(refused.text).toContain(`href="${HOME}"`);
  expect(returned(await signIn(browser)).has('code')).toBe(true);
});

test('S106 another client’s id, another spelling of the path or of the parameter: opens nothing, and uses up nothing', async () => {
  const url = await push();
  const owner = world.browser();
  const stranger = await acquainted();
  await signIn(stranger, 'yamada@example.jp');
  const foreign = await stranger.open(url.replace('client_id=par-web', 'client_id=attack-web'), CALLBACK);
  expect([foreign.status, returned(foreign).has('code')]).toEqual([400, false]);
  expect(opened(await owner.open(url, CALLBACK))).toBe(true);
  const requestUri = new URL(url).searchParams.get('request_uri') ?? '';
  for (const spelled of [
    url.replace('/auth?', '/AUTH?'),
    url.replace('/auth?', '/auth/?'),
    url.replace('/auth?', '/%61uth?'),
    url.replace('/auth?', '//auth?'),
    `${url}&request_uri=${encodeURIComponent(requestUri)}`,
    `${url}&client_id=par-web`,
    url.replace(encodeURIComponent('urn:'), encodeURIComponent('URN:')),
    url.replace('request_uri=', 'request%5Furi='),
    `${url}${encodeURIComponent(`urn:ietf:params:oauth:request_uri:x`)}`,
  ]) {
    const answer = await stranger.open(spelled, CALLBACK);
    expect([spelled, returned(answer).has('code'), opened(answer)]).toEqual([spelled, false, false]);
    const posted = await stranger.send(spelled.split('?')[0] ?? '', {
      method: 'POST',
      body: new URLSearchParams(spelled.split('?')[1]),
    });
    const then = posted.location === undefined ? posted : await stranger.open(posted.location, CALLBACK);
    expect([spelled, returned(then).has('code'), opened(then)]).toEqual([spelled, false, false]);
  }
  expect(returned(await signIn(owner)).has('code')).toBe(true);
});

test('S106 a pushed request reaches oidc-provider without the binding: refused there', async () => {
  const nobody = { find: () => undefined, all: () => [] };
  const config = {
    issuer: world.issuer,
    lifetimes: {},
    cookieKeys: ['k'],
    keys: { dpopNonce: createSecretKey(Buffer.alloc(32)) },
    dealers: [],
    rateLimits: { legacyHandOver: {} },
  };
  const deps = { config, clients: nobody, storage: {}, keys: { jwks: { keys: [] } }, clock: Date.now } as never;
  const { extraParams } = createProviderConfiguration(deps);
  const check = (extraParams as Record<string, (...of: unknown[]) => Promise<void>>).legacy_profile;
  const ask = async (openedRequest?: string) =>
    check?.(
      {
        state: { openedRequest },
        query: {},
        oidc: { route: 'authorization', params: {}, entities: { PushedAuthorizationRequest: { jti: 'a' } } },
      },
      undefined,
      {},
    );
  for (const other of [undefined, 'b']) await expect(ask(other)).rejects.toThrow('invalid_request_uri');
  await expect(ask('a')).resolves.toBeUndefined();
});

test('S106 a native app pushes a request: it opens in the first browser, and in no other', async () => {
  const redirectUri = 'http://127.0.0.1:4711/callback';
  const url = await push({ redirect_uri: redirectUri }, 'par-app');
  const browser = world.browser();
  expect(opened(await browser.open(url, redirectUri))).toBe(true);
  expect((await (await acquainted()).open(url, redirectUri)).status).toBe(400);
  await browser.submit('/login', { login_id: 'sato@example.jp', password: 'Common-2026' }, redirectUri);
  const answer = await browser.submit('/consent', { decision: 'allow' }, redirectUri);
  expect(returned(answer).has('code')).toBe(true);
});
