// Equal checks for the modules of the OpenID Foundation's plan "FAPI 2.0 Security Profile Final" (private_key_jwt, DPoP, OpenID Connect,
// unsigned requests). Each test has the name of its module, without the prefix `fapi2-security-profile-final-`.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, importJWK, type CryptoKey } from 'jose';
import * as client from 'openid-client';
import { DEMO_PASSWORD, makeTestKey, startWorld, type World } from '../attacks/support/attack-world.ts';
import { authorizationUrl as unpushedUrl, makePkce, parseJson, requestParams } from '../attacks/support/client.ts';
import { sendRaw, type Answer, type Browser } from '../support/http-browser.ts';
import {
  authentication,
  authorizationUrl,
  authorize,
  codeParams,
  fapi2File,
  obtainCode,
  obtainTokens,
  proofOf,
  push,
  redeem,
  userInfo,
  type Answered,
  type Party,
  type Proof,
  type Signed,
} from './fapi2-client.ts';

const MINUTE_MS = 60_000;

let world: World;
let one: Party;
let two: Party;
/** A client whose key is an RSA one. */
let rsa: Party;
/** A browser whose person is signed in. */
let browser: Browser;

beforeAll(async () => {
  const party = async (id: string, query: string, alg?: string): Promise<Party> => {
    const [key, dpopKey] = [await makeTestKey(alg), await makeTestKey()];
    return { id, key, dpopKey, redirectUri: `https://client.example/${id}${query}` };
  };
  [one, two, rsa] = await Promise.all([
    party('fapi-one', ''),
    party('fapi-two', '?dummy1=lorem&dummy2=ipsum'),
    party('fapi-rsa', '', 'PS256'),
  ]);
  world = await startWorld({
    clients: Object.fromEntries([one, two, rsa].map((each) => [each.id, fapi2File(each)])),
  });
  browser = world.browser();
  await browser.open(authorizationUrl(world, one, await push(world, one)), one.redirectUri);
  expect((await signIn(browser)).location).toContain('code=');
}, 60_000);
afterAll(async () => world?.close());

async function signIn(by: Browser): Promise<Answer> {
  return by.submit('/login', { login_id: 'sato@example.jp', password: DEMO_PASSWORD }, one.redirectUri);
}

/** A code with the parameters of its redemption. */
const coded = async (changes: Record<string, string | undefined> = {}, dpop?: string) =>
  (await obtainCode(world, browser, one, changes, dpop)).params;

const seconds = (): number => Math.floor(Date.now() / 1000);
function expectRefused({ status, body }: Pick<Answered, 'status' | 'body'>, ...errors: string[]): void {
  expect([400, 401]).toContain(status);
  expect(errors).toContain(body.error);
}

/** Opens an address that leads to a page with an error, and not to the client. */
async function errorPage(url: string, by: Browser = browser): Promise<string> {
  const page = await by.open(url, 'https://client.example');
  expect([page.location, page.status]).toEqual([undefined, 400]);
  return page.text;
}

describe('a client that keeps to the profile', () => {
  test('discovery-end-point-verification', async () => {
    const answer = await sendRaw(`${world.issuer}/.well-known/openid-configuration`);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    const allowed = ['PS256', 'ES256', 'EdDSA'];
    const document = parseJson(answer.text) as Record<string, string[]>;
    for (const name of ['dpop', 'id_token', 'token_endpoint_auth'])
      expect(document[`${name}_signing_alg_values_supported`]?.some((alg) => allowed.includes(alg))).toBe(true);
    expect(document).toMatchObject({
      issuer: world.issuer,
      token_endpoint: `${world.issuer}/token`,
      jwks_uri: `${world.issuer}/jwks`,
      pushed_authorization_request_endpoint: `${world.issuer}/request`,
      authorization_response_iss_parameter_supported: true,
      code_challenge_methods_supported: ['S256'],
    });
    expect(document.token_endpoint_auth_methods_supported).toContain('private_key_jwt');
    expect(document).not.toHaveProperty('registration_endpoint');
  });

  test('happy-flow, with openid-client', async () => {
    const config = await client.discovery(
      new URL(world.issuer),
      one.id,
      {},
      client.PrivateKeyJwt({ key: one.key.privateKey, kid: one.key.kid }),
      {
        execute: [client.allowInsecureRequests],
      },
    );
    const { privateKey, publicKey } = await client.randomDPoPKeyPair('ES256', { extractable: true });
    const DPoP = client.getDPoPHandle(config, { privateKey, publicKey });
    const verifier = client.randomPKCECodeVerifier();
    const [state, nonce] = [client.randomState(), client.randomNonce()];
    const url = await client.buildAuthorizationUrlWithPAR(
      config,
      {
        redirect_uri: one.redirectUri,
        scope: 'openid email offline_access',
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      },
      { DPoP },
    );
    const { location, status } = await browser.open(url.href, one.redirectUri);
    expect(status).toBe(303);
    expect(new URL(String(location)).searchParams.get('iss')).toBe(world.issuer);
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce };
    const tokens = await client.authorizationCodeGrant(config, new URL(String(location)), checks, undefined, { DPoP });
    expect(tokens.token_type).toBe('dpop');
    expect(decodeProtectedHeader(String(tokens.id_token)).alg).toBe('ES256');
    const claims = tokens.claims();
    expect(claims).toMatchObject({ acr: 'urn:common-id:acr:password', amr: ['pwd'], auth_time: expect.any(Number) });
    const person = await client.fetchUserInfo(config, tokens.access_token, String(claims?.sub), { DPoP });
    expect(person.email).toBe('sato@example.jp');
    const fresh = await client.refreshTokenGrant(config, String(tokens.refresh_token), undefined, { DPoP });
    expect(fresh.claims()).toMatchObject({ sub: claims?.sub, auth_time: claims?.auth_time, acr: claims?.acr, amr: claims?.amr });
  });

  test('user-rejects-authentication', async () => {
    for (const party of [one, two]) {
      const other = world.browser();
      const state = 's'.repeat(128);
      await other.open(authorizationUrl(world, party, await push(world, party, { state })), party.redirectUri);
      const { location } = await other.submit('/cancel', {}, party.redirectUri);
      const back = new URL(String(location));
      expect(Object.fromEntries(back.searchParams)).toEqual({
        ...Object.fromEntries(new URL(party.redirectUri).searchParams),
        error: 'access_denied',
        error_description: expect.any(String),
        state,
        iss: world.issuer,
      });
    }
  });

  test.each<[string, Record<string, string | undefined>]>([
    ['ensure-authorization-request-without-state-success', { state: undefined }],
    ['ensure-authorization-request-without-nonce-success', { nonce: undefined }],
    ['ensure-authorization-request-with-64-char-nonce-success', { nonce: 'n'.repeat(64) }],
    ['ensure-authorization-request-with-long-nonce', { nonce: 'n'.repeat(384) }],
    ['ensure-authorization-request-with-long-state', { state: 's'.repeat(1000) }],
    ['ensure-other-scope-order-succeeds', { scope: 'offline_access email profile openid' }],
    ['par-without-duplicate-parameters', {}],
  ])('%s', async (_name, changes) => {
    const { response, params } = await obtainCode(world, browser, one, changes);
    const state = 'state' in changes ? changes.state : 'state-of-the-test';
    expect(response.get('state') ?? undefined).toBe(state);
    const { status, body } = await redeem(world, one, params);
    expect([status, body.token_type]).toEqual([200, 'DPoP']);
    expect(decodeJwt(String(body.id_token)).nonce).toBe('nonce' in changes ? changes.nonce : 'nonce-of-the-test');
  });

  test.each<[string, object, object, object]>([
    ['ensure-different-state-inside-and-outside-request-object', { state: 'inside' }, { state: 'outside' }, { state: 'inside' }],
    ['state-only-outside-request-object-not-used', { state: undefined }, { state: 'outside' }, { state: null }],
    ['ensure-different-nonce-inside-and-outside-request-object', { nonce: 'inside' }, { nonce: 'outside' }, { nonce: 'inside' }],
  ])('%s', async (_name, inside, outside, expected) => {
    const pushed = await push(world, one, inside as Record<string, string | undefined>);
    const response = await authorize(browser, one, authorizationUrl(world, one, pushed, outside));
    const { body } = await redeem(world, one, codeParams(one, response.get('code'), pushed.pkce));
    const { nonce } = decodeJwt(String(body.id_token));
    expect({ state: response.get('state'), nonce }).toMatchObject(expected);
  });
});

test('test-claims-parameter-identity-claims', async () => {
  const claims = JSON.stringify({
    id_token: { email: { essential: true }, 'urn:example:unknown': null },
    userinfo: { given_name: null, family_name: { essential: true }, 'urn:example:unknown': null },
  });
  const { body } = await redeem(world, one, await coded({ scope: 'openid', claims }));
  expect(decodeJwt(String(body.id_token))).toMatchObject({ email: 'sato@example.jp' });
  const { body: person } = await userInfo(world, one, body.access_token);
  expect(person).toEqual({ sub: decodeJwt(String(body.id_token)).sub, given_name: '健', family_name: '佐藤' });
});

describe('the authorization request', () => {
  test('ensure-unsigned-authorization-request-without-using-par-fails', async () => {
    const params = requestParams(one.id, makePkce(), { redirect_uri: one.redirectUri });
    const { location } = await browser.open(unpushedUrl(world.issuer, params), one.redirectUri);
    expect(new URL(String(location)).searchParams.get('error')).toBe('invalid_request');
  });

  test.each<[string, Record<string, string | undefined>, string[]]>([
    ['ensure-request-object-without-redirect-uri-fails', { redirect_uri: undefined }, ['invalid_request']],
    ['ensure-redirect-uri-in-authorization-request', { redirect_uri: '' }, ['invalid_request']],
    [
      'plain-fapi-tolerate-unregistered-redirect-uri',
      { redirect_uri: 'https://client.example/elsewhere' },
      ['invalid_request', 'invalid_redirect_uri'],
    ],
    [
      'ensure-response-type-code-idtoken-fails',
      { response_type: 'code id_token' },
      ['unsupported_response_type', 'invalid_request'],
    ],
    ['ensure-response-type-token-fails', { response_type: 'token' }, ['unsupported_response_type', 'invalid_request']],
    [
      'par-authorization-request-containing-request_uri-form-param',
      { request_uri: 'urn:ietf:params:oauth:request_uri:x' },
      ['invalid_request', 'request_uri_not_supported'],
    ],
    ['par-ensure-pkce-required', { code_challenge: undefined, code_challenge_method: undefined }, ['invalid_request']],
    ['par-plain-pkce-rejected', { code_challenge: 'x'.repeat(43), code_challenge_method: 'plain' }, ['invalid_request']],
  ])('%s', async (_name, changes, errors) => {
    expectRefused(await push(world, one, changes), ...errors);
  });

  test('par-attempt-invalid-http-method', async () => {
    const { status } = await push(world, one, {}, { method: 'PUT' });
    expect([404, 405]).toContain(status);
  });

  test('par-attempt-reuse-request_uri', async () => {
    const url = authorizationUrl(world, one, await push(world, one));
    expect((await authorize(browser, one, url)).has('code')).toBe(true);
    expect(await errorPage(url)).toContain('invalid_request_uri');
  });

  test('par-attempt-to-use-request_uri-for-different-client', async () => {
    await errorPage(authorizationUrl(world, two, await push(world, one)));
  });

  test('par-ensure-reused-request-uri-prior-to-auth-completion-succeeds', async () => {
    const other = world.browser();
    const url = authorizationUrl(world, one, await push(world, one));
    for (const visit of [1, 2]) expect([visit, (await other.open(url)).url]).toEqual([visit, expect.stringMatching(/\/login$/)]);
    expect((await signIn(other)).location).toContain('code=');
  });

  test('without client authentication (section 5.3.2.2)', async () => {
    expectRefused(await push(world, one, {}, { assertion: 'none' }), 'invalid_client', 'invalid_request');
  });
});

describe('the authentication of the client', () => {
  const now = seconds;

  test.each<[string, () => Signed]>([
    ['par-test-array-as-audience-fails', () => ({ claims: { aud: [world.issuer, `${world.issuer}/request`] } })],
    ['par-test-array-as-audience-fails, of one value', () => ({ claims: { aud: [world.issuer] } })],
    ['par-test-par-endpoint-url-as-audience-fails', () => ({ claims: { aud: `${world.issuer}/request` } })],
    ['par-test-token-endpoint-url-as-audience-fails', () => ({ claims: { aud: `${world.issuer}/token` } })],
    [
      'par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails',
      () => ({ claims: { iat: now() + 90, nbf: now() + 90, exp: now() + 200 } }),
    ],
  ])('%s', async (_name, wrong) => {
    expectRefused(await push(world, one, {}, { assertion: wrong() }), 'invalid_client', 'invalid_request');
  });

  test('par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted', async () => {
    const claims = { iat: seconds() + 8, nbf: seconds() + 8 };
    expect((await push(world, one, {}, { assertion: { claims } })).status).toBe(201);
  });

  test.each<[string, () => Signed | 'none']>([
    ['ensure-client-assertion-in-token-endpoint', () => 'none'],
    ['ensure-client-assertion-with-exp-is-5-minutes-in-past-fails', () => ({ claims: { iat: now() - 360, exp: now() - 300 } })],
    ['ensure-client-assertion-with-wrong-aud-fails', () => ({ claims: { aud: 'https://elsewhere.example' } })],
    ['ensure-client-assertion-with-no-sub-fails', () => ({ claims: { sub: undefined } })],
    ['ensure-client-id-in-token-endpoint', () => ({ claims: { iss: two.id, sub: two.id } })],
  ])('%s', async (_name, wrong) => {
    const params = await coded();
    expectRefused(await redeem(world, one, params, { assertion: wrong() }), 'invalid_client', 'invalid_request');
    // The code was not used up.
    expect((await redeem(world, one, params)).status).toBe(200);
  });

  test('ensure-invalid-client-assertions-fail', async () => {
    const params = await coded();
    const { client_assertion: good = '' } = await authentication(world, one);
    const [, payload] = good.split('.');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    const wrong: [string, Parameters<typeof redeem>[2], Signed?][] = [
      ['no type', { client_assertion_type: undefined }],
      ['another type', { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }],
      ['another sub', {}, { claims: { sub: two.id } }],
      ['no iss', {}, { claims: { iss: undefined } }],
      ['another iss', {}, { claims: { iss: two.id } }],
      ['no aud', {}, { claims: { aud: undefined } }],
      ['alg none', { client_assertion: unsigned }],
      ['a wrong signature', { client_assertion: `${good.slice(0, -8)}AAAAAAAA` }],
    ];
    for (const [what, changes, assertion = {}] of wrong) {
      const { status, body } = await redeem(world, one, { ...params, ...changes }, { assertion });
      const isRefused = (status === 400 || status === 401) && /^invalid_(client|request)$/.test(String(body.error));
      expect([what, status, body.error, isRefused]).toEqual([what, status, body.error, true]);
    }
    expect((await redeem(world, one, params)).status).toBe(200);
  });

  test('ensure-signed-client-assertion-with-RS256-fails', async () => {
    const by = (await importJWK({ ...rsa.key.privateJwk, alg: 'RS256' }, 'RS256')) as CryptoKey;
    expect((await push(world, rsa, {}, { assertion: { alg: 'PS256' } })).status).toBe(201);
    expectRefused(await push(world, rsa, {}, { assertion: { alg: 'RS256', by } }), 'invalid_client');
  });
});

describe('the token request', () => {
  test('ensure-holder-of-key-required', async () => {
    expectRefused(
      await redeem(world, one, await coded(), { dpop: null }),
      'invalid_request',
      'invalid_grant',
      'invalid_dpop_proof',
    );
  });

  test('ensure-authorization-code-is-bound-to-client', async () => {
    expectRefused(await redeem(world, two, await coded()), 'invalid_grant');
  });

  test('attempt-reuse-authorization-code-after-one-second', async () => {
    const params = await coded();
    const { body } = await redeem(world, one, params);
    expectRefused(await redeem(world, one, params), 'invalid_grant');
    expect((await userInfo(world, one, body.access_token)).status).toBe(401);
  });

  test('ensure-pkce-code-verifier-required', async () => {
    expectRefused(await redeem(world, one, { ...(await coded()), code_verifier: undefined }), 'invalid_request', 'invalid_grant');
  });

  test('incorrect-pkce-code-verifier-rejected', async () => {
    expectRefused(await redeem(world, one, { ...(await coded()), code_verifier: makePkce().verifier }), 'invalid_grant');
  });

  test('with another redirect_uri', async () => {
    expectRefused(await redeem(world, one, { ...(await coded()), redirect_uri: two.redirectUri }), 'invalid_grant');
  });
});

describe('a proof of possession', () => {
  const atRequest = async (key = one.dpopKey): Promise<string> => proofOf(world, one, { url: `${world.issuer}/request`, key });
  const WRONG_KEY = ['invalid_request', 'invalid_grant', 'invalid_dpop_proof'];

  test.each<[string, () => Proof]>([
    ['check-dpop-proof-nbf-exp', () => ({ claims: { nbf: seconds(), exp: seconds() + 300 } })],
    ['ensure-dpopproof-with-iat-10seconds-before-succeeds', () => ({ claims: { iat: seconds() - 10 } })],
    ['ensure-dpopproof-with-iat-10seconds-after-succeeds', () => ({ claims: { iat: seconds() + 10 } })],
  ])('%s', async (_name, changes) => {
    const { status, body } = await redeem(world, one, await coded(), { dpop: await proofOf(world, one, changes()) });
    expect([status, body.token_type]).toEqual([200, 'DPoP']);
    expect((await userInfo(world, one, body.access_token, changes())).status).toBe(200);
  });

  test('ensure-dpop-auth-code-binding-success', async () => {
    const jkt = await calculateJwkThumbprint(one.dpopKey.publicJwk);
    expect((await redeem(world, one, await coded({ dpop_jkt: jkt }))).status).toBe(200);
  });

  test('ensure-dpopproof-at-par-endpoint-binding-success', async () => {
    expect((await redeem(world, one, await coded({}, await atRequest()))).status).toBe(200);
  });

  test('ensure-mismatched-dpop-jkt-fails', async () => {
    const jkt = await calculateJwkThumbprint(two.dpopKey.publicJwk);
    const answer = await push(world, one, { dpop_jkt: jkt }, { dpop: await atRequest() });
    expectRefused(answer, 'invalid_request', 'invalid_dpop_proof');
  });

  test('ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt', async () => {
    expectRefused(await redeem(world, one, await coded({}, await atRequest(two.dpopKey))), ...WRONG_KEY);
  });

  test('ensure-token-endpoint-fails-with-mismatched-dpop-jkt', async () => {
    const jkt = await calculateJwkThumbprint(two.dpopKey.publicJwk);
    expectRefused(await redeem(world, one, await coded({ dpop_jkt: jkt })), ...WRONG_KEY);
  });

  test('access-token-type-header-case-sensitivity', async () => {
    const { access_token: token } = await obtainTokens(world, browser, one);
    expect((await userInfo(world, one, token, {}, { scheme: 'dPoP' })).status).toBe(200);
  });

  test('dpop-negative-tests', async () => {
    const { access_token: token } = await obtainTokens(world, browser, one);
    const url = `${world.issuer}/me`;
    const good = async (): Promise<string> => proofOf(world, one, { method: 'GET', url, token });
    const [, payload, signature] = (await good()).split('.');
    const withHeader = (header: object): string =>
      `${Buffer.from(JSON.stringify({ typ: 'dpop+jwt', ...header })).toString('base64url')}.${payload}.${signature}`;
    const once = await good();
    const { kty, crv, x, y, d } = one.dpopKey.privateJwk;
    const accepted: Record<string, Proof | string> = {
      'a query and a fragment in htu': { url: `${url}?query=1#fragment` },
      'further members': { claims: { further: 1 }, header: { further: 1 } },
      'upper case in the host of htu': { url: url.replace('http:', 'HTTP:') },
      'the first use of a proof': once,
    };
    const refused: Record<string, Proof | string> = {
      'two proofs': `${await good()}, ${await good()}`,
      'no JWT': 'a.b',
      'no typ': { header: { typ: undefined } },
      'no alg': withHeader({ jwk: one.dpopKey.publicJwk }),
      'no jwk': { header: { jwk: undefined } },
      'no jti': { claims: { jti: undefined } },
      'no htm': { claims: { htm: undefined } },
      'no htu': { claims: { htu: undefined } },
      'no iat': { claims: { iat: undefined } },
      'no ath': { claims: { ath: undefined } },
      'another typ': { header: { typ: 'JWT' } },
      'alg none': withHeader({ alg: 'none', jwk: one.dpopKey.publicJwk }),
      'a wrong signature': `${(await good()).slice(0, -8)}AAAAAAAA`,
      'a private key in jwk': { header: { jwk: { kty, crv, x, y, d } } },
      'another htm': { claims: { htm: 'PUT' } },
      'another htu': { claims: { htu: `${world.issuer}/token` } },
      'iat in an hour': { claims: { iat: seconds() + 3600 } },
      'iat an hour ago': { claims: { iat: seconds() - 3600 } },
      'the second use of a proof': once,
      'another ath': { token: 'another' },
      'another key': { key: two.dpopKey },
    };
    for (const [what, proof] of Object.entries(accepted))
      expect([what, (await userInfo(world, one, token, proof)).status]).toEqual([what, 200]);
    for (const [what, proof] of Object.entries(refused)) {
      const { status } = await userInfo(world, one, token, proof);
      expect([what, status === 400 || status === 401]).toEqual([what, true]);
    }
    expect((await userInfo(world, one, token, await good(), { header: 'DPOP' })).status).toBe(200);
    expect((await userInfo(world, one, token, null, { scheme: 'Bearer' })).status).toBe(401);
    // By RS256, which the profile does not allow.
    const weak = await makeTestKey('RS256');
    expect([400, 401]).toContain((await userInfo(world, one, token, { alg: 'RS256', key: weak })).status);
  });
});

test('refresh-token', async () => {
  const { refresh_token: ours, access_token: first } = await obtainTokens(world, browser, one);
  const { refresh_token: theirs } = await obtainTokens(world, browser, two);
  const params = (token: unknown): Record<string, string> => ({ grant_type: 'refresh_token', refresh_token: String(token) });
  const { status, body } = await redeem(world, one, params(ours));
  // Rotation is not allowed (section 5.3.2.1).
  expect([status, body.token_type, body.refresh_token]).toEqual([200, 'DPoP', ours]);
  expect(body.access_token).not.toBe(first);
  expect((await userInfo(world, one, body.access_token)).status).toBe(200);
  expectRefused(await redeem(world, one, params(ours), { dpop: null }), 'invalid_client', 'invalid_grant', 'invalid_request');
  expectRefused(await redeem(world, one, params(theirs)), 'invalid_client', 'invalid_grant', 'invalid_request');
  expect((await redeem(world, two, params(theirs))).status).toBe(200);
});

// At the end, because they move the clock.
test('ensure-token-endpoint-fails-with-expired-auth-code', async () => {
  const params = await coded();
  await world.advance(MINUTE_MS + 1000);
  expectRefused(await redeem(world, one, params), 'invalid_grant');
});

test('par-attempt-to-use-expired-request_uri', async () => {
  const pushed = await push(world, one);
  const seconds = Number(pushed.body.expires_in);
  expect(seconds).toBeLessThan(600);
  await world.advance(seconds * 1000 + 1000);
  expect(await errorPage(authorizationUrl(world, one, pushed))).toContain('invalid_request_uri');
});
