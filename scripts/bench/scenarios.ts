// The measured scenarios. Each repeats one request to a provider as an ordinary client does.
import { createHash, randomBytes } from 'node:crypto';
import { createBrowser, sendRaw } from '../../test/support/http-browser.ts';
import { BENCH_CLIENT, ISSUER, JWT_RESOURCE, PASSWORD, PEOPLE } from './bench-client.ts';

type Tokens = { access_token: string; refresh_token?: string };
/** The endpoints of a provider. */
export type Provider = {
  port: number;
  endpoints: Record<'authorization_endpoint' | 'token_endpoint' | 'userinfo_endpoint' | 'introspection_endpoint', string>;
};
export type Scenario = {
  name: string;
  /** Prepares the requests and returns the function that makes one. */
  prepare(provider: Provider): Promise<(index: number) => Promise<unknown>>;
};

/** More than the number of concurrent requests. */
const CHAINS = 32;
const DISCOVERY = `${ISSUER}/.well-known/openid-configuration`;
const AUTHORIZATION = `Basic ${Buffer.from(`${BENCH_CLIENT.client_id}:${BENCH_CLIENT.client_secret}`).toString('base64')}`;
/** The headers of the proxy that the benchmark plays. */
const FORWARDED = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '198.51.100.7' };

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'discovery',
    prepare:
      async ({ port }) =>
      async () =>
        expectStatus(await sendRaw(DISCOVERY, { port, headers: FORWARDED }), 200),
  },
  {
    name: 'client credentials, opaque',
    prepare: async (provider) => async () => requestToken(provider, { grant_type: 'client_credentials' }),
  },
  {
    name: 'client credentials, JWT',
    prepare: async (provider) => async () => requestToken(provider, { grant_type: 'client_credentials', ...JWT_RESOURCE }),
  },
  {
    name: 'introspection',
    async prepare(provider) {
      const { access_token: token } = await logIn(provider);
      return async () => {
        const answer = await post(provider, 'introspection_endpoint', { token });
        if (!answer.includes('"active":true')) throw new Error(answer);
      };
    },
  },
  {
    name: 'UserInfo',
    async prepare(provider) {
      const { access_token: token } = await logIn(provider);
      return async () => userInfo(provider, token);
    },
  },
  {
    name: 'refresh with rotation',
    async prepare(provider) {
      // Each concurrent request has its own chain, because a refresh token can be used only once.
      const chains: Tokens[] = [];
      while (chains.length < CHAINS) chains.push(await logIn(provider));
      return async () => {
        const { refresh_token } = chains.pop() ?? {};
        if (refresh_token === undefined) throw new Error('there is no refresh token to use');
        chains.unshift(await requestToken(provider, { grant_type: 'refresh_token', refresh_token }));
      };
    },
  },
  { name: 'whole login', prepare: async (provider) => async () => logIn(provider) },
];

/** Reads the endpoints of the provider on a port. */
export async function discover(port: number): Promise<Provider> {
  const { text } = await sendRaw(DISCOVERY, { port, headers: FORWARDED });
  return { port, endpoints: JSON.parse(text) as Provider['endpoints'] };
}

/** Signs a DPoP proof for one request. */
export type Prove = (method: string, url: string, token?: string) => string;

export async function requestToken(provider: Provider, fields: Record<string, string>, prove?: Prove): Promise<Tokens> {
  const proof = prove && { DPoP: prove('POST', provider.endpoints.token_endpoint) };
  return JSON.parse(await post(provider, 'token_endpoint', fields, proof)) as Tokens;
}

export async function userInfo({ port, endpoints }: Provider, token: string, prove?: Prove): Promise<void> {
  const url = endpoints.userinfo_endpoint;
  const proof = prove && { DPoP: prove('GET', url, token) };
  const headers = { ...FORWARDED, Authorization: `${proof ? 'DPoP' : 'Bearer'} ${token}`, ...proof };
  expectStatus(await sendRaw(url, { port, headers }), 200);
}

async function post(
  { port, endpoints }: Provider,
  endpoint: keyof Provider['endpoints'],
  fields: Record<string, string>,
  more: Record<string, string> = {},
): Promise<string> {
  const headers = { ...FORWARDED, Authorization: AUTHORIZATION, ...more };
  const answer = await sendRaw(endpoints[endpoint], { port, method: 'POST', headers, body: new URLSearchParams(fields) });
  expectStatus(answer, 200);
  return answer.text;
}

function expectStatus({ status, text }: { status: number; text: string }, expected: number): void {
  if (status !== expected) throw new Error(`answered ${status}: ${text.slice(0, 300)}`);
}

let logins = 0;

/** Runs a whole login of one person in a new browser: authorization request, login page, password, code, tokens. */
export async function logIn(provider: Provider, prove?: Prove): Promise<Tokens> {
  const login = logins++;
  // Each login comes from its own network, because rate limits count by network.
  const from = `10.${(login >> 8) % 256}.${login % 256}.1`;
  const verifier = randomBytes(32).toString('base64url');
  const { client_id, scope, redirect_uri } = BENCH_CLIENT;
  const parameters = new URLSearchParams({
    client_id,
    response_type: 'code',
    scope,
    redirect_uri,
    state: randomBytes(8).toString('hex'),
    nonce: randomBytes(8).toString('hex'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const browser = createBrowser({ port: provider.port, headers: { ...FORWARDED, 'X-Forwarded-For': from } });
  let answer = await browser.open(`${provider.endpoints.authorization_endpoint}?${parameters.toString()}`, redirect_uri);
  // The login page is the only one, because client and customer are our own. The bare provider shows one page as well.
  const action = /<form[^>]*method="post"[^>]*action="([^"]+)"/i.exec(answer.text)?.[1] ?? '';
  const typed = { login_id: PEOPLE[login % PEOPLE.length] ?? '', password: PASSWORD };
  answer = await browser.submit(action, typed, redirect_uri);
  const code = new URL(answer.location ?? answer.url).searchParams.get('code');
  if (!code) throw new Error(`no code, but ${answer.status} ${answer.location ?? answer.url} ${answer.text.slice(0, 500)}`);
  return requestToken(provider, { grant_type: 'authorization_code', code, redirect_uri, code_verifier: verifier }, prove);
}
