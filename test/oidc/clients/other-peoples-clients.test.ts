// Faults that other people's client libraries found at the common ID. Each was a real one, see docs/clients.md.
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { digestOf } from '../../../src/config/clients/check-client-secrets.ts';
import { createBrowser, type Browser } from '../../support/http-browser.ts';
import { startWorld, type World } from '../../support/world.ts';

const SECRET = 'other-peoples-0123456789abcdef-0123456789';
const CALLBACK = 'http://127.0.0.1:4999/callback';
/** The origin of a browser app's pages. */
const PAGE = 'http://localhost:4997';
/** The Accept header of Java's HttpURLConnection, which Nimbus uses. */
const JAVA = 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2';

const confidential = {
  client_name: 'Somebody else',
  token_endpoint_auth_method: 'client_secret_basic',
  client_secret: { hash: `sha256:${digestOf(SECRET)}` },
  common_id: { contact: 'tests' },
};

const BOTH = ['authorization_code', 'client_credentials'];

let world: World;

beforeAll(async () => {
  world = await startWorld({
    apps: ['id'],
    clients: {
      web: { ...confidential, redirect_uris: [CALLBACK], scope: 'openid email' },
      pairwise: { ...confidential, redirect_uris: [CALLBACK], subject_type: 'pairwise' },
      scopeless: { ...confidential, redirect_uris: [CALLBACK] },
      shop: { ...confidential, redirect_uris: [CALLBACK], grant_types: BOTH, scope: 'openid service_history' },
      // passport-openidconnect, Spring Security 6 and mozilla-django-oidc send no PKCE; several libraries send the secret in the body.
      older: {
        ...confidential,
        token_endpoint_auth_method: 'client_secret_post',
        redirect_uris: [CALLBACK],
        scope: 'openid profile email',
        common_id: { contact: 'tests', first_party: true, pkce: 'optional', claims_in_id_token: true },
      },
      page: {
        client_name: 'An app in a browser',
        token_endpoint_auth_method: 'none',
        redirect_uris: [`${PAGE}/callback`],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: 'openid email offline_access',
        common_id: { contact: 'tests', web_origins: [PAGE] },
      },
      service: { ...confidential, grant_types: ['client_credentials'], scope: 'migration:read' },
      phone: {
        client_name: 'An app on a phone',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://[::1]/callback', 'jp.example.phone:/callback'],
        post_logout_redirect_uris: ['jp.example.phone:/bye'],
        common_id: { contact: 'tests' },
      },
    },
  });
}, 60_000);
afterAll(async () => world.stop());

async function post(path: string, clientId: string, body: Record<string, string>, secret = SECRET): Promise<Response> {
  return fetch(`${world.origins.id}${path}`, {
    method: 'POST',
    headers: { Accept: JAVA, Authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` },
    body: new URLSearchParams(body),
  });
}

function authorizationUrl(clientId: string, changes: Record<string, string> = {}): string {
  const challenge = createHash('sha256').update(randomBytes(32)).digest('base64url');
  const params = { client_id: clientId, response_type: 'code', redirect_uri: CALLBACK, scope: 'openid', state: 's' };
  const pkce = { code_challenge: challenge, code_challenge_method: 'S256' };
  return `${world.origins.id}/auth?${new URLSearchParams({ ...params, ...pkce, ...changes }).toString()}`;
}

async function signIn(browser: Browser, url: string): Promise<void> {
  await browser.open(url);
  await browser.submit('/login', { login_id: 'sato@example.jp', password: 'Common-2026' });
  await browser.submit('/consent', { decision: 'allow' }, CALLBACK);
}

const formAction = (browser: Browser): string | undefined =>
  /form-action[^;]*/.exec(String(browser.page.headers['content-security-policy']))?.[0];

describe('programs', () => {
  test.each([
    ['/token', 'wrong', { grant_type: 'client_credentials' }, 401, 'invalid_client'],
    ['/token', SECRET, { grant_type: 'authorization_code', code: 'x', redirect_uri: CALLBACK }, 400, 'invalid_grant'],
    ['/request', SECRET, { scope: 'openid' }, 400, 'invalid_request'],
    ['/token/introspection', 'wrong', { token: 'x' }, 401, 'invalid_client'],
    ['/token/revocation', 'wrong', { token: 'x' }, 401, 'invalid_client'],
  ])('get errors at %s as JSON, even if they accept HTML first', async (path, secret, body, status, error) => {
    const answer = await post(path, 'web', body as Record<string, string>, secret);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ error });
  });

  test('get 401 from UserInfo for an invalid token', async () => {
    const answer = await fetch(`${world.origins.id}/me`, { headers: { Accept: JAVA, Authorization: 'Bearer x' } });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: 'invalid_token' });
  });

  test('can be registered for a scope that is not of OpenID Connect', async () => {
    const answer = await post('/token', 'service', { grant_type: 'client_credentials', scope: 'migration:read' });
    expect(await answer.json()).toMatchObject({ scope: 'migration:read', token_type: 'Bearer' });
  });
});

test.each<[string, { scope: string; resource?: string }, string]>([
  ['service', { scope: 'migration:read nonsense' }, 'nonsense'],
  ['service', { scope: 'nonsense' }, 'nonsense'],
  ['service', { scope: 'booking' }, 'booking'],
  ['shop', { scope: 'service_history booking', resource: 'aichi-toyota' }, 'booking'],
  ['shop', { scope: 'service_history' }, 'service_history'],
])('%s gets a sentence that refuses the scope of %j: %s', async (clientId, { scope, resource }, refused) => {
  const at = resource !== undefined && { resource: `${world.origins.dealerSystem}/dealers/${resource}` };
  const answer = await post('/token', clientId, { grant_type: 'client_credentials', scope, ...at });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ error: 'invalid_scope', scope: refused });
});

test("a token for a dealer has the lifetime of the dealer's resource, not that of a token for UserInfo", async () => {
  const resource = `${world.origins.dealerSystem}/dealers/aichi-toyota`;
  const lifetime = async (body: Record<string, string>): Promise<number> => {
    const answer = await post('/token', 'shop', { grant_type: 'client_credentials', ...body });
    return ((await answer.json()) as { expires_in: number }).expires_in;
  };
  expect(await lifetime({ resource, scope: 'service_history' })).toBe(600);
  expect(await lifetime({ scope: 'openid' })).toBe(900);
});

test('the discovery document lists no ID token encryption, because no client file can request it', async () => {
  const document = await (await fetch(`${world.origins.id}/.well-known/openid-configuration`)).json();
  expect(document).toMatchObject({
    issuer: world.origins.id,
    prompt_values_supported: ['none', 'login', 'consent', 'select_account', 'create'],
  });
  expect(
    Object.keys(document as object).filter((key) => key.includes('id_token_encryption') || key.includes('userinfo_encryption')),
  ).toEqual([]);
});

describe('R36 a library without PKCE, with the secret in the body, that reads the ID token only', () => {
  const withoutPkce = { code_challenge: '', code_challenge_method: '' };

  /** Logs in. @returns the code */
  async function codeFor(clientId: string, changes: Record<string, string> = {}): Promise<string> {
    const browser = createBrowser();
    await browser.open(authorizationUrl(clientId, { scope: 'openid profile email', ...changes }), CALLBACK);
    await browser.submit('/login', { login_id: 'sato@example.jp', password: 'Common-2026' }, CALLBACK);
    return new URL(String(browser.page.location)).searchParams.get('code') ?? String(browser.page.location);
  }

  async function redeem(code: string, body: Record<string, string>, headers: Record<string, string> = {}) {
    const answer = await fetch(`${world.origins.id}/token`, {
      method: 'POST',
      headers,
      body: new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK, ...body }),
    });
    return { status: answer.status, body: (await answer.json()) as { id_token?: string; error?: string } };
  }

  test('logs in if the client’s file says so: the ID token holds the claims of the scopes', async () => {
    const code = await codeFor('older', withoutPkce);
    const { status, body } = await redeem(code, { client_id: 'older', client_secret: SECRET });
    expect([status, body.error]).toEqual([200, undefined]);
    const claims = decodeJwt(String(body.id_token));
    expect(claims).toMatchObject({ email: 'sato@example.jp', email_verified: true, family_name: '佐藤' });
    expect(claims).not.toHaveProperty('phone_number');
  });

  test('is refused at another client, and its ID tokens hold no claims about the person', async () => {
    const browser = createBrowser();
    await browser.open(authorizationUrl('web', withoutPkce), CALLBACK);
    expect(browser.page.location).toContain('error=invalid_request');
    await signIn(browser, authorizationUrl('web', { scope: 'openid email' }));
    expect(browser.page.location).toContain('code=');
  });

  test('is refused with a wrong secret, with the secret in the header, and with both', async () => {
    const inHeader = { Authorization: `Basic ${Buffer.from(`older:${SECRET}`).toString('base64')}` };
    const inBody = { client_id: 'older', client_secret: SECRET };
    for (const [body, headers] of [
      [{ ...inBody, client_secret: `${SECRET}x` }, {}],
      [{}, inHeader],
      [inBody, inHeader],
    ] as const) {
      const answer = await redeem('any', body, headers);
      const both = body === inBody && headers === inHeader;
      expect([answer.status, answer.body.error]).toEqual(both ? [400, 'invalid_request'] : [401, 'invalid_client']);
    }
  });

  test('that sends PKCE all the same has to keep to it', async () => {
    const verifier = randomBytes(32).toString('base64url');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const secret = { client_id: 'older', client_secret: SECRET };
    const withPkce = { code_challenge: challenge, code_challenge_method: 'S256' };
    expect((await redeem(await codeFor('older', withPkce), secret)).body.error).toBe('invalid_grant');
    expect((await redeem(await codeFor('older', withPkce), { ...secret, code_verifier: verifier })).status).toBe(200);
    expect((await redeem(await codeFor('older', withoutPkce), { ...secret, code_verifier: verifier })).body.error).toBe(
      'invalid_grant',
    );
  });
});

describe('a file without scopes', () => {
  test('may request openid', async () => {
    const browser = createBrowser();
    await browser.open(authorizationUrl('scopeless'), CALLBACK);
    expect(browser.page.url).toContain('/login');
  });

  test('may request no other scope', async () => {
    const browser = createBrowser();
    await browser.open(authorizationUrl('scopeless', { scope: 'openid migration' }), CALLBACK);
    expect(browser.page.location).toContain('error=invalid_scope');
  });
});

test.each([
  ['a logout', '/session/end?client_id=web'],
  ['a refused request', '/auth?client_id=web&redirect_uri=http%3A%2F%2F127.0.0.1%3A4998%2F'],
])('the page of %s has the language that the client requested', async (_what, path) => {
  const browser = createBrowser({ language: 'ja' });
  await browser.open(`${world.origins.id}${path}&ui_locales=en-GB`);
  expect(browser.page.headers['content-language']).toBe('en');
});

describe('a POST request', () => {
  const posted = async (browser: Browser, path: string, body: URLSearchParams | string) =>
    browser.send(`${world.origins.id}${path}`, {
      method: 'POST',
      body: new URLSearchParams(body),
      headers: { Origin: 'https://somebody.example', 'Sec-Fetch-Site': 'cross-site' },
    });

  test('to the authorization endpoint is the same as one in the URL', async () => {
    const browser = createBrowser();
    await signIn(browser, authorizationUrl('web'));
    const answer = await posted(browser, '/auth', new URL(authorizationUrl('web', { state: 'ü &=' })).search);
    expect(answer.status).toBe(303);
    expect(answer.headers['cache-control']).toBe('no-store');
    await browser.open(String(answer.location), CALLBACK);
    const back = new URL(String(browser.page.location));
    expect(back.searchParams.get('state')).toBe('ü &=');
    expect(back.searchParams.has('code')).toBe(true);
  });

  test('to the logout endpoint asks before it logs anybody out', async () => {
    const browser = createBrowser();
    await signIn(browser, authorizationUrl('web'));
    const answer = await posted(browser, '/session/end', 'client_id=web&state=s');
    await browser.open(String(answer.location));
    expect(browser.page.status).toBe(200);
    expect(browser.form('/session/end/confirm')).toBeDefined();
  });

  test.each([
    ['a parameter twice', 'client_id=web&client_id=web', 400],
    ['more than an address can hold', `client_id=web&state=${'x'.repeat(9000)}`, 413],
  ])('with %s is refused', async (_what, body, status) => {
    const browser = createBrowser();
    const answer = await posted(browser, '/auth', body);
    expect(answer.location ? (await browser.open(answer.location)).status : answer.status).toBe(status);
  });
});

describe('a browser app', () => {
  const open = async (path: string, method = 'GET', origin = PAGE): Promise<Response> =>
    fetch(`${world.origins.id}${path}`, {
      method,
      headers: { Origin: origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization' },
    });
  const readable = (answer: Response): string | null => answer.headers.get('access-control-allow-origin');

  test.each(['/.well-known/openid-configuration', '/jwks'])('of any origin may read %s', async (path) => {
    const answer = await open(path, 'GET', 'https://somebody.example');
    expect([answer.status, readable(answer)]).toEqual([200, 'https://somebody.example']);
  });

  test('signs its user in, reads UserInfo, refreshes and revokes, only from the origin in its file', async () => {
    for (const path of ['/token', '/me', '/token/revocation']) {
      const preflight = await open(path, 'OPTIONS');
      expect([preflight.status, readable(preflight)]).toEqual([204, PAGE]);
    }
    const verifier = randomBytes(32).toString('base64url');
    const redirectUri = `${PAGE}/callback`;
    const browser = createBrowser();
    await browser.open(
      authorizationUrl('page', {
        redirect_uri: redirectUri,
        scope: 'openid email offline_access',
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      }),
    );
    await browser.submit('/login', { login_id: 'sato@example.jp', password: 'Common-2026' });
    const back = await browser.submit('/consent', { decision: 'allow' }, PAGE);
    const code = new URL(String(back.location)).searchParams.get('code') ?? '';
    const ask = async (path: string, body: Record<string, string>, origin = PAGE): Promise<Response> =>
      fetch(`${world.origins.id}${path}`, {
        method: 'POST',
        headers: { Origin: origin },
        body: new URLSearchParams({ client_id: 'page', ...body }),
      });
    const redeem = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier };
    const elsewhere = await ask('/token', redeem, 'https://somebody.example');
    expect([elsewhere.status, readable(elsewhere)]).toEqual([400, null]);
    const answer = await ask('/token', redeem);
    expect([answer.status, readable(answer)]).toEqual([200, PAGE]);
    const tokens = (await answer.json()) as { access_token: string; refresh_token: string };

    const me = async (origin: string): Promise<Response> =>
      fetch(`${world.origins.id}/me`, { headers: { Origin: origin, Authorization: `Bearer ${tokens.access_token}` } });
    expect(await (await me(PAGE)).json()).toMatchObject({ email: 'sato@example.jp' });
    expect(readable(await me(PAGE))).toBe(PAGE);
    for (const origin of ['https://somebody.example', 'null']) expect(readable(await me(origin))).toBeNull();

    const refreshed = await ask('/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
    expect([refreshed.status, readable(refreshed)]).toEqual([200, PAGE]);
    const { access_token: newer } = (await refreshed.json()) as { access_token: string };
    const revoked = await ask('/token/revocation', { token: newer });
    expect([revoked.status, readable(revoked)]).toEqual([200, PAGE]);
  });

  test('has no server, so no page may use a client with a secret', async () => {
    const answer = await fetch(`${world.origins.id}/token`, {
      method: 'POST',
      headers: { Origin: PAGE, Authorization: `Basic ${Buffer.from(`shop:${SECRET}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'openid' }),
    });
    expect([answer.status, readable(answer)]).toEqual([400, null]);
  });
});

describe('an ID token as a hint for the account', () => {
  /** Signs in, and returns the ID token. */
  async function idTokenOf(clientId: string, browser: Browser): Promise<string> {
    const verifier = randomBytes(32).toString('base64url');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    await signIn(browser, authorizationUrl(clientId, { code_challenge: challenge }));
    const code = new URL(String(browser.page.location)).searchParams.get('code') ?? '';
    const redeem = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: verifier };
    return ((await (await post('/token', clientId, redeem)).json()) as { id_token: string }).id_token;
  }

  test.each(['web', 'pairwise'])('gives %s no code for another person, even after that person signs in', async (clientId) => {
    const sato = createBrowser();
    const hint = await idTokenOf(clientId, sato);
    const request = authorizationUrl(clientId, { id_token_hint: hint });
    expect((await sato.open(request, CALLBACK)).location).toContain('code=');

    const yamada = createBrowser();
    await yamada.open(authorizationUrl(clientId));
    await yamada.submit('/login', { login_id: 'yamada@example.jp', password: 'Common-2026' });
    await yamada.submit('/consent', { decision: 'allow' }, CALLBACK);
    expect((await yamada.open(`${request}&prompt=none`, CALLBACK)).location).toContain('error=login_required');
    await yamada.open(request, CALLBACK);
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      expect(yamada.page.text).toContain('サービスでご利用中のIDでログインしてください');
      await yamada.submit('/login', { login_id: 'yamada@example.jp', password: 'Common-2026' }, CALLBACK);
    }
    expect(yamada.page.url).toContain('/login');
    await yamada.submit('/login', { login_id: 'sato@example.jp', password: 'Common-2026' });
    await yamada.submit('/consent', { decision: 'allow' }, CALLBACK);
    expect(yamada.page.location).toContain('code=');
  });
});

describe('the content security policy', () => {
  test('allows the form post response', async () => {
    const browser = createBrowser();
    await signIn(browser, authorizationUrl('web', { response_mode: 'form_post' }));
    expect(browser.page.text).toContain(`<form method="post" action="${CALLBACK}">`);
    expect(formAction(browser)).toBeUndefined();
  });

  test('allows no form post to an unregistered address', async () => {
    const browser = createBrowser();
    await browser.open(authorizationUrl('web', { response_mode: 'form_post', redirect_uri: 'http://127.0.0.1:4998/' }));
    expect(browser.page.status).toBe(400);
    expect(formAction(browser)).toBe("form-action 'self'");
  });
});
