// Requests of a client of the common ID: authorization requests with PKCE, pushed requests, token requests. Nothing is checked; tests attack with it.
import { createHash, randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { headingOf, createBrowser, sendRaw, type Answer, type Browser } from '../../support/http-browser.ts';
import { CALLBACK, WEB_SECRET, type TestKey, type World } from './attack-world.ts';

export type Pkce = { verifier: string; challenge: string };

export function makePkce(): Pkce {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** Parameters of an ordinary authorization request; `undefined` removes one. */
export function requestParams(
  clientId: string,
  pkce: Pkce,
  changes: Record<string, string | undefined> = {},
): Record<string, string> {
  const all: Record<string, string | undefined> = {
    client_id: clientId,
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: 'openid profile email',
    state: 'state-of-the-test',
    nonce: 'nonce-of-the-test',
    code_challenge: pkce.challenge,
    code_challenge_method: 'S256',
    ...changes,
  };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

export function authorizationUrl(issuer: string, params: Record<string, string>): string {
  return `${issuer}/auth?${new URLSearchParams(params).toString()}`;
}

export const basic = (clientId: string, secret = WEB_SECRET): Record<string, string> => ({
  Authorization: `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`).toString('base64')}`,
});

/** Client authentication by `private_key_jwt`, as body parameters (RFC 7523). */
export async function assertion(clientId: string, key: TestKey, audience: string): Promise<Record<string, string>> {
  const jwt = await new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: key.kid })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(audience)
    .setJti(crypto.randomUUID())
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(key.privateKey);
  return {
    client_id: clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: jwt,
  };
}

/** Pushes a request of `attack-site` (RFC 9126). */
export async function push(world: World, params: Record<string, string>, port?: number): Promise<Answer> {
  const body = new URLSearchParams({ ...params, ...(await assertion('attack-site', world.siteKey, world.issuer)) });
  return world.request('/request', { method: 'POST', body, port });
}

export type TokenAnswer = { status: number; body: Record<string, unknown>; answer: Answer };

export async function token(
  world: World,
  params: Record<string, string>,
  { port, headers, from }: { port?: number; headers?: Record<string, string>; from?: string } = {},
): Promise<TokenAnswer> {
  const answer = await sendRaw(`${world.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams(params),
    headers: headers ?? {},
    port,
    from: from ?? world.freshAddress(),
  });
  return { status: answer.status, body: parseJson(answer.text), answer };
}

export function parseJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { unparsed: text };
  }
}

/** Redeems a code of `attack-web`, or of another client with the same secret. */
export async function redeem(
  world: World,
  code: string,
  pkce: Pkce,
  {
    clientId = 'attack-web',
    port,
    ...changes
  }: { clientId?: string; port?: number } & Record<string, string | number | undefined> = {},
): Promise<TokenAnswer> {
  const params = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: pkce.verifier, ...changes };
  const present = Object.entries(params).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return token(world, Object.fromEntries(present), { headers: basic(clientId), ...(port === undefined ? {} : { port }) });
}

/** Returns the parameters of the client's redirect. */
export function returned(answer: Answer): URLSearchParams {
  const url = new URL(answer.location ?? 'http://nowhere.invalid/');
  return new URLSearchParams(url.hash === '' ? url.search : url.hash.slice(1));
}

/** Begins a request, and stops at the first page or at the client. */
export async function begin(
  world: World,
  clientId: string,
  changes: Record<string, string | undefined> = {},
  browser: Browser = world.browser(),
  pkce: Pkce = makePkce(),
): Promise<{ browser: Browser; pkce: Pkce; page: Answer }> {
  const page = await browser.open(authorizationUrl(world.issuer, requestParams(clientId, pkce, changes)), CALLBACK);
  return { browser, pkce, page };
}

/** Fills in the login page. */
export async function signIn(browser: Browser, email = 'sato@example.jp', password = 'Common-2026'): Promise<Answer> {
  return browser.submit('/login', { login_id: email, password }, CALLBACK);
}

/** A whole login at `attack-web` (or another first-party client): the browser gets a session, the client a code. */
export async function signedIn(
  world: World,
  changes: Record<string, string | undefined> = {},
  { email, clientId = 'attack-web', browser }: { email?: string; clientId?: string; browser?: Browser } = {},
): Promise<{ browser: Browser; pkce: Pkce; code: string; answer: Answer }> {
  const started = await begin(world, clientId, changes, browser);
  const answer = started.page.location === undefined ? await signIn(started.browser, email) : started.page;
  const code = returned(answer).get('code');
  if (code === null) throw new Error(`no code came: ${answer.status} ${answer.url} ${answer.location} ${headingOf(answer)}`);
  return { browser: started.browser, pkce: started.pkce, code, answer };
}

export { createBrowser };
