// A client of the FAPI 2.0 Security Profile, as the OpenID Foundation's suite plays it: client assertions, DPoP proofs and pushed requests that
// a test can make wrong in any way.
import { createHash } from 'node:crypto';
import { SignJWT, type CryptoKey, type JWK } from 'jose';
import type { TestKey, World } from '../attacks/support/attack-world.ts';
import { makePkce, parseJson, requestParams, type Pkce } from '../attacks/support/client.ts';
import { sendRaw, type Browser } from '../support/http-browser.ts';

export type Party = { id: string; key: TestKey; dpopKey: TestKey; redirectUri: string };

type Members = Record<string, unknown>;
export type Signed = { alg?: string; claims?: Members; header?: Members; by?: CryptoKey };
export type Answered = { status: number; body: Members; headers: Record<string, unknown> };

const seconds = (): number => Math.floor(Date.now() / 1000);

/** Signs claims; a claim that is `undefined` is left out. */
async function sign(claims: Members, header: Members, { alg = 'ES256', by }: { alg?: string; by: CryptoKey }): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg, ...header }).sign(by);
}

/** The file of a client that keeps to the profile. */
export function fapi2File({ key, redirectUri }: Party): object {
  return {
    client_name: 'A client of FAPI 2.0',
    token_endpoint_auth_method: 'private_key_jwt',
    // Without `alg`, so that only the profile decides about signatures.
    jwks: { keys: [{ ...key.publicJwk, alg: undefined }] },
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    scope: 'openid profile email offline_access',
    common_id: { contact: 'tests', first_party: true, profile: 'fapi2' },
  };
}

/** The parameters that authenticate a client by its key (RFC 7523). */
export async function authentication(world: World, { id, key }: Party, wrong: Signed = {}): Promise<Record<string, string>> {
  const now = seconds();
  const claims = { iss: id, sub: id, aud: world.issuer, jti: crypto.randomUUID(), iat: now, exp: now + 60, ...wrong.claims };
  const client_assertion = await sign(claims, { kid: key.kid, ...wrong.header }, { by: key.privateKey, ...wrong });
  return { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion };
}

export type Proof = Signed & { method?: string; url?: string; token?: unknown; key?: TestKey };

/** A DPoP proof (RFC 9449, section 4.2), for the token endpoint unless `url` says otherwise. */
export async function proofOf(world: World, party: Party, wrong: Proof = {}): Promise<string> {
  const { key = party.dpopKey, method = 'POST', url = `${world.issuer}/token`, token } = wrong;
  const ath = token === undefined ? {} : { ath: createHash('sha256').update(String(token)).digest('base64url') };
  const claims = { jti: crypto.randomUUID(), iat: seconds(), htm: method, htu: url, ...ath, ...wrong.claims };
  const header = { typ: 'dpop+jwt', jwk: publicMembers(key.publicJwk), ...wrong.header };
  return sign(claims, header, { by: key.privateKey, ...wrong });
}

const publicMembers = ({ kty, crv, x, y, n, e }: JWK): JWK => JSON.parse(JSON.stringify({ kty, crv, x, y, n, e })) as JWK;

async function send(url: string, method: string, body: Record<string, string>, dpop: string | undefined): Promise<Answered> {
  const headers = { ...(dpop !== undefined && { DPoP: dpop }) };
  const answer = await sendRaw(url, { method, headers, body: new URLSearchParams(body) });
  return { status: answer.status, body: parseJson(answer.text), headers: answer.headers };
}

const present = (params: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(params).filter((entry): entry is [string, string] => entry[1] !== undefined));

export type Pushed = Answered & { pkce: Pkce };

/** Pushes an authorization request (RFC 9126). @param changes `undefined` removes a parameter */
export async function push(
  world: World,
  party: Party,
  changes: Record<string, string | undefined> = {},
  { assertion = {}, dpop, method = 'POST' }: { assertion?: Signed | 'none'; dpop?: string; method?: string } = {},
): Promise<Pushed> {
  const pkce = makePkce();
  const ours = { redirect_uri: party.redirectUri, scope: 'openid profile email offline_access', ...changes };
  const own = assertion === 'none' ? {} : await authentication(world, party, assertion);
  const answer = await send(`${world.issuer}/request`, method, { ...requestParams(party.id, pkce, ours), ...own }, dpop);
  return { ...answer, pkce };
}

/** The URL that the browser opens for a pushed request. */
export function authorizationUrl(world: World, { id }: Party, { body }: Pick<Pushed, 'body'>, more: object = {}): string {
  const params = { client_id: id, request_uri: String(body.request_uri), ...more };
  return `${world.issuer}/auth?${new URLSearchParams(params).toString()}`;
}

/** Opens a request in a browser, whose person is signed in. @returns the parameters of the response */
export async function authorize(browser: Browser, party: Party, url: string): Promise<URLSearchParams> {
  const { location, text } = await browser.open(url, party.redirectUri);
  if (location === undefined) throw new Error(`the browser did not come back to the client: ${text.slice(0, 2000)}`);
  return new URL(location).searchParams;
}

/** Redeems a code or a refresh token. @param options.dpop the proof; `null` for none */
export async function redeem(
  world: World,
  party: Party,
  params: Record<string, string | undefined>,
  { assertion = {}, dpop }: { assertion?: Signed | 'none'; dpop?: string | null } = {},
): Promise<Answered> {
  const own = assertion === 'none' ? { client_id: party.id } : await authentication(world, party, assertion);
  const proof = dpop === undefined ? await proofOf(world, party) : (dpop ?? undefined);
  return send(`${world.issuer}/token`, 'POST', present({ ...own, ...params }), proof);
}

/** The parameters of a code's redemption. */
export const codeParams = ({ redirectUri }: Party, code: string | null, { verifier }: Pkce): Record<string, string> => ({
  grant_type: 'authorization_code',
  code: String(code),
  redirect_uri: redirectUri,
  code_verifier: verifier,
});

/** Pushes and opens a request, up to the code. */
export async function obtainCode(
  world: World,
  browser: Browser,
  party: Party,
  changes: Record<string, string | undefined> = {},
  dpop?: string,
): Promise<{ response: URLSearchParams; params: Record<string, string> }> {
  const pushed = await push(world, party, changes, dpop === undefined ? {} : { dpop });
  const response = await authorize(browser, party, authorizationUrl(world, party, pushed));
  return { response, params: codeParams(party, response.get('code'), pushed.pkce) };
}

/** A whole flow, up to the tokens. */
export async function obtainTokens(world: World, browser: Browser, party: Party): Promise<Members> {
  const { params } = await obtainCode(world, browser, party);
  const { status, body } = await redeem(world, party, params);
  if (status !== 200) throw new Error(`no tokens: ${JSON.stringify(body)}`);
  return body;
}

/** Requests UserInfo with a token. @param wrong what is wrong with the proof, or the value of the header; `null` for none */
export async function userInfo(
  world: World,
  party: Party,
  token: unknown,
  wrong: Proof | string | null = {},
  { scheme = 'DPoP', header = 'DPoP', url = `${world.issuer}/me` }: { scheme?: string; header?: string; url?: string } = {},
): Promise<Answered> {
  const made =
    typeof wrong === 'string' || wrong === null ? wrong : await proofOf(world, party, { method: 'GET', url, token, ...wrong });
  const answer = await sendRaw(url, {
    headers: { Authorization: `${scheme} ${String(token)}`, ...(made !== null && { [header]: made }) },
  });
  return { status: answer.status, body: parseJson(answer.text), headers: answer.headers };
}
