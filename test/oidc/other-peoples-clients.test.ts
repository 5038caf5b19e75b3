// What broke when the client libraries of others were pointed at the common ID; each of these was a real one, see docs/clients.md.
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { digestOf } from '../../src/config/check-client-secrets.ts';
import { formActionOf } from '../../src/http/form-action.ts';
import { createBrowser, type Browser } from '../support/http-browser.ts';
import { startWorld, type World } from '../support/world.ts';

const SECRET = 'other-peoples-0123456789abcdef-0123456789';
const CALLBACK = 'http://127.0.0.1:4999/callback';
/** What Java's HttpURLConnection, and with it Nimbus, accepts. */
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
      scopeless: { ...confidential, redirect_uris: [CALLBACK] },
      shop: { ...confidential, redirect_uris: [CALLBACK], grant_types: BOTH, scope: 'openid service_history' },
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

const formActions = (browser: Browser): string =>
  /form-action[^;]*/.exec(String(browser.page.headers['content-security-policy']))?.[0] ?? '';

describe('programs', () => {
  test.each([
    ['/token', 'wrong', { grant_type: 'client_credentials' }, 401, 'invalid_client'],
    ['/token', SECRET, { grant_type: 'authorization_code', code: 'x', redirect_uri: CALLBACK }, 400, 'invalid_grant'],
    ['/request', SECRET, { scope: 'openid' }, 400, 'invalid_request'],
    ['/token/introspection', 'wrong', { token: 'x' }, 401, 'invalid_client'],
    ['/token/revocation', 'wrong', { token: 'x' }, 401, 'invalid_client'],
  ])('are refused at %s in JSON, also where they accept HTML first', async (path, secret, body, status, error) => {
    const answer = await post(path, 'web', body as Record<string, string>, secret);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ error });
  });

  test('that ask UserInfo with a token that is none get 401', async () => {
    const answer = await fetch(`${world.origins.id}/me`, { headers: { Accept: JAVA, Authorization: 'Bearer x' } });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: 'invalid_token' });
  });

  test('can be registered for a scope that is not of OpenID Connect alone', async () => {
    const answer = await post('/token', 'service', { grant_type: 'client_credentials', scope: 'migration:read' });
    expect(await answer.json()).toMatchObject({ scope: 'migration:read', token_type: 'Bearer' });
  });
});

test('a token for a dealer lives as long as the dealer’s resource says, not as long as one for UserInfo', async () => {
  const resource = `${world.origins.dealerSystem}/dealers/aichi-toyota`;
  const lifetime = async (body: Record<string, string>): Promise<number> => {
    const answer = await post('/token', 'shop', { grant_type: 'client_credentials', ...body });
    return ((await answer.json()) as { expires_in: number }).expires_in;
  };
  expect(await lifetime({ resource, scope: 'service_history' })).toBe(600);
  expect(await lifetime({ scope: 'openid' })).toBe(900);
});

test('the discovery document promises no ID token encryption, which no file can ask for', async () => {
  const document = await (await fetch(`${world.origins.id}/.well-known/openid-configuration`)).json();
  expect(document).toMatchObject({ issuer: world.origins.id, prompt_values_supported: ['none', 'login', 'consent', 'create'] });
  expect(Object.keys(document as object).filter((key) => key.includes('encryption'))).toEqual([]);
});

describe('a file without scopes', () => {
  test('may ask for openid', async () => {
    const browser = createBrowser();
    await browser.open(authorizationUrl('scopeless'), CALLBACK);
    expect(browser.page.url).toContain('/login');
  });

  test('may ask for nothing else', async () => {
    const browser = createBrowser();
    await browser.open(authorizationUrl('scopeless', { scope: 'openid migration' }), CALLBACK);
    expect(browser.page.location).toContain('error=invalid_scope');
  });
});

test.each([
  ['a logout', '/session/end?client_id=web'],
  ['a refused request', '/auth?client_id=web&redirect_uri=http%3A%2F%2F127.0.0.1%3A4998%2F'],
])('the page of %s speaks the language that the client asked for', async (_what, path) => {
  const browser = createBrowser({ language: 'ja' });
  await browser.open(`${world.origins.id}${path}&ui_locales=en-GB`);
  expect(browser.page.headers['content-language']).toBe('en');
});

describe('the content security policy', () => {
  test('lets the form post response arrive', async () => {
    const browser = createBrowser();
    await signIn(browser, authorizationUrl('web', { response_mode: 'form_post' }));
    expect(browser.page.text).toContain(`<form method="post" action="${CALLBACK}">`);
    expect(formActions(browser)).toBe("form-action 'self' http://127.0.0.1:4999");
  });

  test('lets nobody post to an address that is not registered', async () => {
    const browser = createBrowser();
    await browser.open(authorizationUrl('web', { response_mode: 'form_post', redirect_uri: 'http://127.0.0.1:4998/' }));
    expect(browser.page.status).toBe(400);
    expect(formActions(browser)).toBe("form-action 'self'");
  });

  test('lets a native app have its user back after logout', async () => {
    const browser = createBrowser();
    const back = new URLSearchParams({ client_id: 'phone', post_logout_redirect_uri: 'jp.example.phone:/bye' });
    await browser.open(`${world.origins.id}/session/end?${back.toString()}`);
    expect(formActions(browser)).toBe("form-action 'self' jp.example.phone:");
  });

  test.each([
    ['https://client.example/callback', 'https://client.example'],
    ['http://127.0.0.1:50000/callback', 'http://127.0.0.1:50000'],
    ['http://[::1]:50000/callback', 'http:'],
    ['jp.example.phone:/callback', 'jp.example.phone:'],
  ])('names %s as %s', (target, source) => {
    expect(formActionOf(target)).toBe(source);
  });
});
