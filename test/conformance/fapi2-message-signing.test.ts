// Equal checks for the modules of the OpenID Foundation's plan "FAPI 2.0 Message Signing" that differ from those of the Security Profile: signed
// requests (JAR, RFC 9101) and signed responses (JARM). The modules of the plan have the names of the Security Profile's, with signed messages.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, jwtVerify, SignJWT, UnsecuredJWT, type JSONWebKeySet } from 'jose';
import * as client from 'openid-client';
import { DEMO_PASSWORD, makeTestKey, startWorld, type World } from '../attacks/support/attack-world.ts';
import { authorizationUrl as plainUrl, makePkce, parseJson, requestParams } from '../attacks/support/client.ts';
import { sendRaw, type Answer, type Browser } from '../support/http-browser.ts';
import {
  authentication,
  authorizationUrl,
  codeParams,
  fapi2File,
  proofOf,
  redeem,
  type Party,
  type Signed,
} from './fapi2-client.ts';
import { encryptRequest, signRequest } from './signed-request.ts';

let world: World;
/** A client of FAPI 2.0 whose messages are all signed. */
let signing: Party;
/** A client that may send signed requests, also by value, and asks for signed responses. */
let free: Party;
/** A client whose file asks for neither. */
let other: Party;
let browser: Browser;
let keys: JSONWebKeySet;

beforeAll(async () => {
  const party = async (id: string): Promise<Party> => {
    const [key, dpopKey] = [await makeTestKey(), await makeTestKey()];
    return { id, key, dpopKey, redirectUri: `https://client.example/${id}` };
  };
  [signing, free, other] = await Promise.all([party('signing'), party('free'), party('other')]);
  const signed = { request_object_signing_alg: 'ES256', authorization_signed_response_alg: 'ES256' };
  const { common_id: _fapi, ...plain } = fapi2File(free) as { common_id: object };
  const common_id = { contact: 'tests', first_party: true };
  world = await startWorld({
    clients: {
      signing: { ...fapi2File(signing), ...signed, require_signed_request_object: true },
      free: { ...plain, ...signed, authorization_signed_response_alg: 'RS256', common_id },
      other: { ...plain, jwks: { keys: [other.key.publicJwk] }, redirect_uris: [other.redirectUri], common_id },
    },
  });
  keys = JSON.parse((await world.request('/jwks')).text) as JSONWebKeySet;
  browser = world.browser();
  const opened = await browser.open(plainUrl(world.issuer, ask(free)), free.redirectUri);
  expect(opened.location).toBeUndefined();
  const answer = await browser.submit('/login', { login_id: 'sato@example.jp', password: DEMO_PASSWORD }, free.redirectUri);
  expect(answer.location).toContain('code=');
}, 60_000);
afterAll(async () => world?.close());

const seconds = (): number => Math.floor(Date.now() / 1000);
const ask = (party: Party, changes: Record<string, string | undefined> = {}, pkce = makePkce()): Record<string, string> =>
  requestParams(party.id, pkce, { redirect_uri: party.redirectUri, scope: 'openid profile offline_access', ...changes });

/** Signs a request (RFC 9101, section 4). @param wrong what is wrong with it */
async function sign(party: Party, params: Record<string, unknown>, wrong: Signed = {}): Promise<string> {
  const now = seconds();
  const claims = { iss: party.id, aud: world.issuer, iat: now, nbf: now, exp: now + 300, ...params, ...wrong.claims };
  const header = { alg: wrong.alg ?? 'ES256', typ: 'oauth-authz-req+jwt', kid: party.key.kid, ...wrong.header };
  return new SignJWT(claims).setProtectedHeader(header).sign(wrong.by ?? party.key.privateKey);
}

async function push(party: Party, body: Record<string, string>): Promise<{ status: number; body: Record<string, unknown> }> {
  const all = { ...body, ...(await authentication(world, party)) };
  const answer = await sendRaw(`${world.issuer}/request`, { method: 'POST', body: new URLSearchParams(all) });
  return { status: answer.status, body: parseJson(answer.text) };
}

/** Pushes a signed request. */
async function pushSigned(wrong: Signed = {}, changes: Record<string, string | undefined> = {}) {
  return push(signing, { client_id: signing.id, request: await sign(signing, ask(signing, changes), wrong) });
}

/** The claims of a signed response, after its signature, issuer, audience and expiry were checked. */
async function readResponse(party: Party, response: string | null, alg = 'ES256'): Promise<Record<string, unknown>> {
  const options = { issuer: world.issuer, audience: party.id, algorithms: [alg], requiredClaims: ['exp'] };
  return (await jwtVerify(String(response), createLocalJWKSet(keys), options)).payload;
}

const paramsOf = ({ location = '' }: Answer): URLSearchParams => {
  const { search, hash } = new URL(location);
  return new URLSearchParams(hash.slice(1) || search);
};

describe('fapi2-message-signing', () => {
  test('happy-flow: the request and the response are signed', async () => {
    const pkce = makePkce();
    const params = ask(signing, { response_mode: 'jwt' }, pkce);
    const pushed = await push(signing, { client_id: signing.id, request: await sign(signing, params) });
    expect(pushed.status).toBe(201);
    const answer = await browser.open(authorizationUrl(world, signing, pushed), signing.redirectUri);
    expect([...paramsOf(answer).keys()]).toEqual(['response']);
    const { code, state, iss, exp } = await readResponse(signing, paramsOf(answer).get('response'));
    expect([state, iss]).toEqual([params.state, world.issuer]);
    expect(Number(exp) - seconds()).toBeLessThanOrEqual(600);
    const tokens = await redeem(world, signing, codeParams(signing, String(code), pkce));
    expect(tokens).toMatchObject({ status: 200, body: { token_type: 'DPoP', refresh_token: expect.any(String) } });
  });

  test('user-rejects-authentication: an error is signed too', async () => {
    const pushed = await pushSigned({}, { response_mode: 'jwt', prompt: 'none', max_age: '0' });
    const answer = await world.browser().open(authorizationUrl(world, signing, pushed), signing.redirectUri);
    expect([...paramsOf(answer).keys()]).toEqual(['response']);
    const response = await readResponse(signing, paramsOf(answer).get('response'));
    expect(response).toMatchObject({ error: 'login_required', state: 'state-of-the-test' });
  });

  test('ensure-unsigned-request-at-par-endpoint-fails', async () => {
    expect(await push(signing, ask(signing))).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  const now = seconds();
  test.each<[string, Signed]>([
    ['ensure-request-object-without-exp-fails', { claims: { exp: undefined } }],
    ['ensure-request-object-without-nbf-fails', { claims: { nbf: undefined } }],
    ['ensure-request-object-with-exp-over-60-fails', { claims: { exp: now + 3900 } }],
    ['ensure-request-object-with-nbf-over-60-fails', { claims: { nbf: now - 3900 } }],
    ['ensure-request-object-that-has-expired-fails', { claims: { nbf: now - 600, exp: now - 300 } }],
    ['ensure-request-object-with-bad-aud-fails', { claims: { aud: 'https://other.example' } }],
    ['ensure-request-object-without-aud-fails', { claims: { aud: undefined } }],
    ['ensure-request-object-without-iss-fails', { claims: { iss: undefined } }],
    ['ensure-request-object-of-another-client-fails', { claims: { client_id: 'free', iss: 'free' } }],
    ['ensure-request-object-with-request_uri-fails', { claims: { request_uri: 'urn:example:x' } }],
    ['ensure-request-object-with-sub-of-the-client-fails', { claims: { sub: 'signing' } }],
    ['ensure-request-object-of-another-type-fails', { header: { typ: 'legacy-profile+jwt' } }],
    ['ensure-request-object-with-crit-fails', { header: { crit: ['b64'], b64: true } }],
    ['ensure-request-object-of-more-than-8-KiB-fails', { claims: { more: 'x'.repeat(8200) } }],
    ['ensure-request-object-that-hands-a-profile-over-fails', { claims: { legacy_profile: 'x.y.z' } }],
  ])('%s', async (_name, wrong) => {
    const { status, body } = await pushSigned(wrong);
    expect([status, body.error]).toEqual([400, expect.stringMatching(/^invalid_request(_object)?$/)]);
    expect(body.error_description).not.toContain('oops');
  });

  test('ensure-request-object-signature-algorithm-is-not-none, RS256, or that of another key', async () => {
    const [rsa, stranger] = [await makeTestKey('RS256'), await makeTestKey()];
    const params = { ...ask(signing), iss: signing.id, aud: world.issuer, nbf: seconds(), exp: seconds() + 60 };
    const none = new UnsecuredJWT(params).encode();
    const requests = [
      none,
      await sign(signing, params, { alg: 'RS256', by: rsa.privateKey }),
      await sign(signing, params, { by: stranger.privateKey }),
      `${(await sign(signing, params)).slice(0, -8)}AAAAAAAA`,
    ];
    for (const request of requests)
      expect(await push(signing, { client_id: signing.id, request })).toMatchObject({
        status: 400,
        body: { error: 'invalid_request_object' },
      });
  });

  test('ensure-server-accepts-request-object-with-multiple-aud, without typ, and ignores parameters beside it', async () => {
    const accepted: Signed[] = [
      { claims: { aud: [world.issuer, 'https://other.example'] } },
      { header: { typ: undefined } },
      // ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted.
      { claims: { nbf: seconds() + 8 } },
    ];
    for (const one of accepted) expect((await pushSigned(one)).status).toBe(201);
    const request = await sign(signing, ask(signing, { response_mode: 'jwt', state: 'signed' }));
    const pushed = await push(signing, { ...ask(signing, { state: 'beside', scope: 'openid phone' }), request });
    const answer = await browser.open(authorizationUrl(world, signing, pushed), signing.redirectUri);
    expect(await readResponse(signing, paramsOf(answer).get('response'))).toMatchObject({ state: 'signed' });
  });
});

test('a request object that is no JWT, too long, or nested deeply: refused, and never a 500', async () => {
  const part = (json: string): string => Buffer.from(json).toString('base64url');
  const deep = `{"client_id":"signing","claims":{"x":${'['.repeat(2800)}${']'.repeat(2800)}}}`;
  const header = part('{"alg":"ES256"}');
  for (const request of [
    'x',
    'a.b.c',
    `${header}.${part('[]')}.x`,
    `${header}.${part(deep)}.x`,
    `${header}.${part(deep.repeat(3))}.x`,
  ]) {
    const { status, body } = await push(signing, { client_id: signing.id, request });
    expect([status, body.error]).toEqual([400, 'invalid_request_object']);
    // Node refuses longer URLs.
    if (request.length > 12_000) continue;
    const answer = await browser.open(plainUrl(world.issuer, { ...ask(free), request }), free.redirectUri);
    expect(paramsOf(answer).get('error')).toBe('invalid_request_object');
  }
});

describe('by value', () => {
  test('a signed request in the URL counts, and nothing beside it; signed and encrypted as well', async () => {
    const request = await signRequest(world, free);
    const encrypted = await encryptRequest(world, request, 'ECDH-ES+A256KW', 'A256GCM');
    for (const sent of [request, encrypted]) {
      const url = plainUrl(world.issuer, { ...ask(free, { state: 'beside' }), request: sent });
      expect(paramsOf(await browser.open(url, free.redirectUri)).get('state')).toBe('signed');
    }
  });

  test('a client whose file does not ask for it is refused, and is told why', async () => {
    const request = await sign(other, ask(other));
    const answer = await browser.open(plainUrl(world.issuer, { ...ask(other), request }), other.redirectUri);
    expect(paramsOf(answer).get('error')).toBe('request_not_supported');
    expect(paramsOf(answer).get('error_description')).toContain('request_object_signing_alg in its file');
    expect((await push(other, { ...ask(other), request })).body.error).toBe('request_not_supported');
    const jwt = await browser.open(plainUrl(world.issuer, ask(other, { response_mode: 'query.jwt' })), other.redirectUri);
    // The error is signed, as it was asked for.
    const refused = await readResponse(other, paramsOf(jwt).get('response'));
    expect(refused).toMatchObject({
      error: 'invalid_request',
      error_description: expect.stringContaining('asked for a signed response'),
    });
    expect(refused).not.toHaveProperty('code');
  });

  test.each(['jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt'])(
    'response_mode=%s, with RS256 where the file says so',
    async (mode) => {
      const answer = await browser.open(plainUrl(world.issuer, ask(free, { response_mode: mode })), free.redirectUri);
      const posted = /name="response" value="([^"]+)"/.exec(answer.text)?.[1];
      const response = mode === 'form_post.jwt' ? posted : paramsOf(answer).get('response');
      expect(await readResponse(free, response ?? null, 'RS256')).toMatchObject({
        code: expect.any(String),
        state: 'state-of-the-test',
      });
      if (mode === 'form_post.jwt') expect(answer.headers['content-security-policy']).not.toContain("form-action 'self'");
      else expect(answer.location).toContain(mode === 'fragment.jwt' ? '#response=' : '?response=');
    },
  );
});

test('openid-client sends signed requests and reads signed responses', async () => {
  const metadata = { authorization_signed_response_alg: 'ES256', id_token_signed_response_alg: 'ES256' };
  const own = { key: signing.key.privateKey, kid: signing.key.kid };
  const config = await client.discovery(new URL(world.issuer), signing.id, metadata, client.PrivateKeyJwt(own), {
    execute: [client.allowInsecureRequests, client.useJwtResponseMode],
  });
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const parameters = {
    redirect_uri: signing.redirectUri,
    scope: 'openid',
    state: 's',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  };
  const signed = await client.buildAuthorizationUrlWithJAR(config, parameters, own);
  const request = { request: String(signed.searchParams.get('request')) };
  const url = await client.buildAuthorizationUrlWithPAR(config, request, { DPoP });
  const answer = await browser.open(url.href, signing.redirectUri);
  const checks = { pkceCodeVerifier, expectedState: 's' };
  const tokens = await client.authorizationCodeGrant(config, new URL(String(answer.location)), checks, undefined, { DPoP });
  expect(tokens.claims()?.aud).toBe(signing.id);
  expect(await proofOf(world, signing)).toMatch(/^ey/);
});
