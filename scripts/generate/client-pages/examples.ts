// The examples in docs/clients/: what a client of the running program got, with values of one run replaced by fixed ones.
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { digestOf } from '../../../src/config/clients/check-client-secrets.ts';
import { DEMO_PASSWORD } from '../../../test/journeys/traveller.ts';
import { createBrowser } from '../../../test/support/http-browser.ts';
import { untilFound } from '../../../test/support/until-true.ts';
import type { World } from '../../../test/support/world.ts';

export const EXAMPLES_FILE = 'docs/clients/examples.json';

type Json = Record<string, unknown>;
export type Examples = {
  discovery: Json;
  /** Of /token, for the scopes that concern people. */
  token_response: Json;
  id_token: { header: Json; claims: Json };
  userinfo: Json;
  /** Of /request. */
  pushed_response: Json;
  errors: { request: string; status: number; body: unknown; www_authenticate?: string }[];
};

const SECRET = 'examples-0123456789abcdef-0123456789abcdef';
const CALLBACK = 'https://shop.example.jp/callback';
export const EXAMPLE_CLIENT = {
  id: 'my-shop',
  file: {
    client_name: 'My shop',
    token_endpoint_auth_method: 'client_secret_basic',
    client_secret: { hash: `sha256:${digestOf(SECRET)}` },
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'],
    scope: 'openid profile email phone address offline_access migration dealer_link',
    id_token_signed_response_alg: 'ES256',
    backchannel_logout_uri: 'https://shop.example.jp/backchannel-logout',
    // So that ID tokens name the session.
    backchannel_logout_session_required: true,
    common_id: { first_party: true, contact: 'tests' },
  },
};

/** @returns the examples that are stored in the project */
export function storedExamples(): Examples {
  return JSON.parse(readFileSync(new URL(`../../../${EXAMPLES_FILE}`, import.meta.url), 'utf8')) as Examples;
}

/**
 * Signs a customer with a migration and a dealer link in at a client, and keeps what the client gets.
 * @param world with the apps `id` and `dealer`, and `EXAMPLE_CLIENT` among its clients
 */
export async function collectExamples(world: World): Promise<Examples> {
  const { id: issuer, dealerSystem } = world.origins;
  const call = async (path: string, init: RequestInit = {}): Promise<{ answer: Response; body: Json }> => {
    const answer = await fetch(`${issuer}${path}`, init);
    return { answer, body: (await answer.json()) as Json };
  };
  const post = async (path: string, parameters: Record<string, string>, secret = SECRET) =>
    call(path, {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from(`${EXAMPLE_CLIENT.id}:${secret}`).toString('base64')}` },
      body: new URLSearchParams(parameters),
    });
  const redeem = async (parameters: Record<string, string>, secret?: string) => post('/token', parameters, secret);
  const verifier = randomBytes(32).toString('base64url');
  const request = new URLSearchParams({
    client_id: EXAMPLE_CLIENT.id,
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: EXAMPLE_CLIENT.file.scope,
    state: 'af0ifjsldkj',
    nonce: 'n-0S6_WzA2Mj',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const grant = { grant_type: 'authorization_code', redirect_uri: CALLBACK, code_verifier: verifier };
  const browser = createBrowser();
  const signIn = async (): Promise<Json> => {
    await browser.open(`${issuer}/auth?${request.toString()}`, CALLBACK);
    if (browser.page.location === undefined)
      await browser.submit('/login', { login_id: 'yamada@example.jp', password: DEMO_PASSWORD }, CALLBACK);
    const code = new URL(browser.page.location ?? '').searchParams.get('code') ?? '';
    return (await redeem({ ...grant, code })).body;
  };
  const { access_token: first } = await signIn();
  // The dealer takes the link of the demo data when it can. The answers below tell its status.
  const userinfo = await untilFound('the dealer link of the example', async () => {
    const { body } = await call('/me', { headers: { Authorization: `Bearer ${String(first)}` } });
    const links = body.dealer_links as { status: string }[];
    return links[0]?.status === 'active' ? body : undefined;
  });
  const tokens = await signIn();
  const failed = async (what: string, asked: Promise<{ answer: Response; body: Json }>) => {
    const { answer, body } = await asked;
    const challenge = answer.headers.get('www-authenticate');
    return { request: what, status: answer.status, body, ...(challenge !== null && { www_authenticate: challenge }) };
  };
  const errors = [
    await failed('POST /token, with a wrong secret', redeem({ ...grant, code: 'x' }, 'wrong')),
    await failed('POST /token, with a code that is unknown', redeem({ ...grant, code: 'x' })),
    await failed('POST /token, with a grant type that the file does not allow', redeem({ grant_type: 'client_credentials' })),
    await failed('GET /me, with an access token that is not valid', call('/me', { headers: { Authorization: 'Bearer x' } })),
  ];
  const { body: pushed } = await post('/request', {
    client_id: EXAMPLE_CLIENT.id,
    response_type: 'code',
    redirect_uri: CALLBACK,
    code_challenge: request.get('code_challenge') ?? '',
    code_challenge_method: 'S256',
    scope: 'openid',
  });
  const idToken = String(tokens.id_token);
  const { body: discovery } = await call('/.well-known/openid-configuration');
  const fixed = createFixer({ [issuer]: 'https://id.example.jp', [dealerSystem]: 'https://dealer.example.jp' });
  return fixed({
    discovery,
    token_response: tokens,
    id_token: { header: decodeProtectedHeader(idToken), claims: decodeJwt(idToken) },
    userinfo,
    pushed_response: pushed,
    errors,
  }) as Examples;
}

/** Seconds that stand for the moment of the example. */
const MOMENT = 1_796_000_000;
/** Values of one run, by the names of their members. */
const FIXED: Record<string, unknown> = {
  access_token: 'mF_9.B5f-4.1JqM…',
  refresh_token: '8xLOxBtZp8…',
  id_token: 'eyJhbGciOiJFUzI1NiIs…',
  kid: '2026-04-01-46a90439-sig',
  sub: '22249877-0cb2-476d-9a07-0dbd98f9b4c5',
  sid: 'Jt7mO0wC3vXn1cPq5rYz2',
  at_hash: '77QmUPtjPfzWtF2AnpK9RQ',
  jti: 'a1b2c3d4e5',
  request_id: '0b5d1c2e-7a3f-4f6e-9a55-1c6f7f0f2b11',
  link_id: 'cl_4mWqJ9xN0aTzB7eK',
  request_uri: 'urn:ietf:params:oauth:request_uri:Kf2a9…',
  iat: MOMENT,
  exp: undefined,
  auth_time: MOMENT - 5,
  updated_at: MOMENT - 86_400,
  linked_at: '2026-04-01T00:00:00.000Z',
  completed_at: '2026-04-01T00:00:00.000Z',
};

/** Returns a function that replaces origins, and the values of one run, all the way down. `exp` keeps its distance to `iat`. */
function createFixer(origins: Record<string, string>): (value: unknown) => unknown {
  const text = (value: string): string =>
    Object.entries(origins)
      .reduce((fixed, [origin, example]) => fixed.replaceAll(origin, example), value)
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, String(FIXED.request_id));
  return function fix(value: unknown): unknown {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return value.map(fix);
    if (typeof value !== 'object' || value === null) return value;
    const { iat, exp } = value as { iat?: number; exp?: number };
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => {
        if (name === 'exp' && iat !== undefined && exp !== undefined) return [name, MOMENT + exp - iat];
        const isPlain = typeof member !== 'object';
        return [name, isPlain && FIXED[name] !== undefined ? FIXED[name] : fix(member)];
      }),
    );
  };
}
