// Access tokens that are bound to a key (DPoP, RFC 9449): issued, used at every endpoint that takes tokens, stolen.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { calculateJwkThumbprint, decodeJwt, SignJWT } from 'jose';
import { CALLBACK, makeTestKey, startWorld, type TestKey, type World } from '../attacks/support/attack-world.ts';
import { assertion, basic, begin, makePkce, parseJson, push, returned, signIn, type Pkce } from '../attacks/support/client.ts';
import { sendRaw } from '../support/http-browser.ts';

const SCOPE = 'openid email service_history dealer_link';
const DEALER = 'aichi-toyota';

let world: World;
let key: TestKey;
let thief: TestKey;
let resource: string;

beforeAll(async () => {
  const web = {
    client_name: 'A client with bound tokens',
    token_endpoint_auth_method: 'client_secret_basic',
    client_secret: { $env: 'ATTACK_WEB_SECRET' },
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'],
    scope: `${SCOPE} offline_access`,
    common_id: { first_party: true, contact: 'tests' },
  };
  world = await startWorld({ clients: { bound: { ...web, dpop_bound_access_tokens: true }, free: web } });
  [key, thief] = await Promise.all([makeTestKey(), makeTestKey()]);
  resource = `${world.env.DEALER_SYSTEM_URL}/dealers/${DEALER}`;
}, 60_000);
afterAll(async () => world?.close());

type ProofOptions = { by?: TestKey; token?: unknown; claims?: Record<string, unknown>; typ?: string; jwk?: object };

/** A proof for one request. */
async function proof(method: string, url: string, { by = key, token, claims = {}, typ = 'dpop+jwt', jwk }: ProofOptions = {}) {
  const { kty, crv, x, y } = by.publicJwk;
  const ath = token === undefined ? {} : { ath: createHash('sha256').update(String(token)).digest('base64url') };
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ jti: crypto.randomUUID(), iat: now, htm: method, htu: url, ...ath, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ, jwk: (jwk ?? { kty, crv, x, y }) as never })
    .sign(by.privateKey);
}

async function tokenRequest(clientId: string, params: Record<string, string>, dpop?: string) {
  const answer = await sendRaw(`${world.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams(params),
    headers: { ...basic(clientId), ...(dpop !== undefined && { DPoP: dpop }) },
  });
  return { status: answer.status, body: parseJson(answer.text), headers: answer.headers };
}

/** Logs in and returns the parameters of the code's redemption. */
async function login(
  clientId: string,
  pkce: Pkce = makePkce(),
  changes: Record<string, string | undefined> = {},
): Promise<Record<string, string>> {
  const { browser, page } = await begin(world, clientId, { scope: SCOPE, ...changes }, world.browser(), pkce);
  const answer = page.location === undefined ? await signIn(browser) : page;
  const code = returned(answer).get('code') ?? '';
  return { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: pkce.verifier };
}

const atToken = async (options?: ProofOptions): Promise<string> => proof('POST', `${world.issuer}/token`, options);

async function boundToken(changes: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const { status, body } = await tokenRequest('bound', { ...(await login('bound')), ...changes }, await atToken());
  expect([status, body.token_type]).toEqual([200, 'DPoP']);
  return body;
}

/** Asks an endpoint with a token. */
async function ask(url: string, scheme: string, token: unknown, dpop?: string) {
  const answer = await sendRaw(url, {
    headers: { Authorization: `${scheme} ${String(token)}`, ...(dpop !== undefined && { DPoP: dpop }) },
  });
  return {
    status: answer.status,
    code: String(answer.headers['www-authenticate'] ?? '').match(/error="([^"]+)"/)?.[1],
    challenge: String(answer.headers['www-authenticate'] ?? ''),
  };
}

describe('the token endpoint', () => {
  test('binds the token to the key of the proof, which a JWT and the introspection tell', async () => {
    const thumbprint = await calculateJwkThumbprint(key.publicJwk);
    const { access_token: token } = await boundToken();
    const introspected = await sendRaw(`${world.issuer}/token/introspection`, {
      method: 'POST',
      body: new URLSearchParams({ token: String(token) }),
      headers: basic('bound'),
    });
    expect(parseJson(introspected.text)).toMatchObject({ active: true, cnf: { jkt: thumbprint }, token_type: 'DPoP' });
  });

  test('refuses a client without a proof whose file requires one, and lets another have a bearer token', async () => {
    expect(await tokenRequest('bound', await login('bound'))).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await tokenRequest('free', await login('free'))).toMatchObject({ status: 200, body: { token_type: 'Bearer' } });
    expect(await tokenRequest('free', await login('free'), await atToken())).toMatchObject({ body: { token_type: 'DPoP' } });
  });

  test('accepts a proof once', async () => {
    const once = await atToken();
    expect((await tokenRequest('bound', await login('bound'), once)).status).toBe(200);
    expect(await tokenRequest('bound', await login('bound'), once)).toMatchObject({ status: 400 });
  });

  test.each<[string, ProofOptions]>([
    ['of another URL', { claims: { htu: 'https://elsewhere.example/token' } }],
    ['of another method', { claims: { htm: 'GET' } }],
    ['without a jti', { claims: { jti: undefined } }],
    ['of another type', { typ: 'JWT' }],
    ['with a nonce that we did not give', { claims: { nonce: 'x' } }],
  ])('refuses a proof %s', async (_name, options) => {
    const { status, body } = await tokenRequest('bound', await login('bound'), await atToken(options));
    expect(status).toBe(400);
    expect(String(body.error)).toMatch(/^(invalid_dpop_proof|use_dpop_nonce)$/);
  });

  test('gives a client whose clock is wrong a nonce, with which it gets its token', async () => {
    const hourAgo = Math.floor(Date.now() / 1000) - 3600;
    const params = await login('bound');
    const late = await tokenRequest('bound', params, await atToken({ claims: { iat: hourAgo } }));
    expect(late).toMatchObject({ status: 400, body: { error: 'use_dpop_nonce' } });
    const nonce = String(late.headers['dpop-nonce']);
    const again = await tokenRequest('bound', params, await atToken({ claims: { iat: hourAgo, nonce } }));
    expect(again).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
  });

  test('refuses a code that was asked for with the key of somebody else (dpop_jkt), pushed or not', async () => {
    const jkt = await calculateJwkThumbprint(key.publicJwk);
    const params = await login('bound', makePkce(), { dpop_jkt: jkt });
    expect(await tokenRequest('bound', params, await atToken({ by: thief }))).toMatchObject({ status: 400 });
    const own = await login('bound', makePkce(), { dpop_jkt: jkt });
    expect((await tokenRequest('bound', own, await atToken())).status).toBe(200);
    const pkce = makePkce();
    const asked = {
      response_type: 'code',
      redirect_uri: CALLBACK,
      scope: 'openid',
      code_challenge: pkce.challenge,
      code_challenge_method: 'S256',
      dpop_jkt: jkt,
    };
    expect((await push(world, asked)).status).toBe(201);
  });
});

describe('a stolen token', () => {
  const endpoints = { UserInfo: () => `${world.issuer}/me`, 'a dealer': () => `${resource}/service-history` };

  /** A token for the endpoint. */
  async function tokenFor(name: keyof typeof endpoints): Promise<unknown> {
    if (name === 'UserInfo') return (await boundToken()).access_token;
    const pkce = makePkce();
    const details = JSON.stringify([{ type: 'dealer_link', dealer: DEALER }]);
    const { browser, page } = await begin(
      world,
      'bound',
      { scope: SCOPE, resource, authorization_details: details },
      world.browser(),
      pkce,
    );
    if (page.url.endsWith('/dealer-link')) await browser.submit('/dealer-link', { decision: 'link' });
    await signIn(browser);
    const answer = browser.page.location ? browser.page : await browser.open(`${browser.page.url}/continue`, CALLBACK);
    const params = { grant_type: 'authorization_code', code: returned(answer).get('code') ?? '', redirect_uri: CALLBACK };
    const { body } = await tokenRequest('bound', { ...params, code_verifier: pkce.verifier, resource }, await atToken());
    expect(decodeJwt(String(body.access_token)).cnf).toEqual({ jkt: await calculateJwkThumbprint(key.publicJwk) });
    return body.access_token;
  }

  test.each(Object.keys(endpoints) as (keyof typeof endpoints)[])('is of no use at %s', async (name) => {
    const url = endpoints[name]();
    const token = await tokenFor(name);
    const used = await proof('GET', url, { token });
    // The client itself. The dealer may not have the link yet.
    expect([200, 409]).toContain((await ask(url, 'DPoP', token, used)).status);
    const refused = {
      'as a bearer token': await ask(url, 'Bearer', token),
      'as a bearer token with a proof': await ask(url, 'Bearer', token, await proof('GET', url, { token })),
      'without a proof': await ask(url, 'DPoP', token),
      'by another key': await ask(url, 'DPoP', token, await proof('GET', url, { token, by: thief })),
      'with the key of the client, and another’s signature': await ask(
        url,
        'DPoP',
        token,
        await proof('GET', url, { token, by: thief, jwk: key.publicJwk }),
      ),
      'with a proof that was used': await ask(url, 'DPoP', token, used),
      'with a proof of another endpoint': await ask(url, 'DPoP', token, await proof('GET', `${url}/x`, { token })),
      'with a proof of another token': await ask(url, 'DPoP', token, await proof('GET', url, { token: 'another' })),
      'with a proof of another method': await ask(url, 'DPoP', token, await proof('POST', url, { token })),
      'with a proof without a token': await ask(url, 'DPoP', token, await proof('GET', url)),
      'with an old proof': await ask(url, 'DPoP', token, await proof('GET', url, { token, claims: { iat: 1_700_000_000 } })),
      'with a proof of tomorrow': await ask(url, 'DPoP', token, await proof('GET', url, { token, claims: { iat: Date.now() } })),
    };
    for (const [how, { status, challenge }] of Object.entries(refused)) {
      expect([how, status >= 400 && status <= 401]).toEqual([how, true]);
      if (status === 401) expect([how, challenge]).toEqual([how, expect.stringContaining('DPoP')]);
    }
  });

  test('an unbound token needs no proof, and is not accepted with the scheme DPoP', async () => {
    const { body } = await tokenRequest('free', await login('free'));
    const url = `${world.issuer}/me`;
    expect((await ask(url, 'Bearer', body.access_token)).status).toBe(200);
    expect((await ask(url, 'DPoP', body.access_token, await proof('GET', url, { token: body.access_token }))).status).toBe(401);
  });
});

describe('the status of a migration', () => {
  async function statusToken(dpop?: string): Promise<unknown> {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'migration:read',
      ...(await assertion('attack-site', world.siteKey, world.issuer)),
    });
    const answer = await sendRaw(`${world.issuer}/token`, {
      method: 'POST',
      body,
      headers: dpop === undefined ? {} : { DPoP: dpop },
    });
    return parseJson(answer.text).access_token;
  }

  test('is told to the holder of the key only', async () => {
    const url = `${world.issuer}/migrations/nobody`;
    const token = await statusToken(await atToken());
    const used = await proof('GET', url, { token });
    expect((await ask(url, 'DPoP', token, used)).status).toBe(200);
    for (const answer of [
      await ask(url, 'Bearer', token),
      await ask(url, 'DPoP', token),
      await ask(url, 'DPoP', token, used),
      await ask(url, 'DPoP', token, await proof('GET', url, { token, by: thief })),
      await ask(url, 'DPoP', token, 'nonsense'),
    ]) {
      expect(answer.status).toBe(401);
      expect(answer.challenge).toMatch(/^DPoP .*algs="ES256 Ed25519 EdDSA"/);
      expect(['invalid_token', 'invalid_dpop_proof']).toContain(answer.code);
    }
    const unbound = await statusToken();
    expect((await ask(url, 'Bearer', unbound)).status).toBe(200);
    expect((await ask(url, 'DPoP', unbound, await proof('GET', url, { token: unbound }))).status).toBe(401);
  });
});
