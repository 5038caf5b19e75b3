// What is measured: each asks a provider for one thing, in the way every client does.
import { createHash, randomBytes } from 'node:crypto';
import { createBrowser, sendRaw } from '../../test/support/http-browser.ts';
import { BENCH_CLIENT, PERSON } from './bench-client.ts';

type Tokens = { access_token: string; refresh_token?: string };
export type Endpoints = Record<
  'authorization_endpoint' | 'token_endpoint' | 'userinfo_endpoint' | 'introspection_endpoint',
  string
>;
export type Scenario = {
  name: string;
  count: number;
  prepare(endpoints: Endpoints, issuer: string): Promise<(index: number) => Promise<unknown>>;
};

const AUTHORIZATION = `Basic ${Buffer.from(`${BENCH_CLIENT.client_id}:${BENCH_CLIENT.client_secret}`).toString('base64')}`;

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'discovery',
    count: 3_000,
    prepare: async (_, issuer) => async () => expectStatus(await sendRaw(`${issuer}/.well-known/openid-configuration`), 200),
  },
  {
    name: 'introspection',
    count: 2_000,
    async prepare(endpoints) {
      const { access_token: token } = await logIn(endpoints);
      return () => post(endpoints.introspection_endpoint, { token });
    },
  },
  {
    name: 'UserInfo',
    count: 2_000,
    async prepare(endpoints) {
      const { access_token } = await logIn(endpoints);
      const headers = { Authorization: `Bearer ${access_token}` };
      return async () => expectStatus(await sendRaw(endpoints.userinfo_endpoint, { headers }), 200);
    },
  },
  {
    name: 'refresh with rotation',
    count: 1_500,
    async prepare(endpoints) {
      // A chain for each that is under way: a refresh token is used once.
      // Made one by one: more logins of one account at once than it may have failures are refused.
      const chains: Tokens[] = [];
      while (chains.length < 16) chains.push(await logIn(endpoints));
      return async () => {
        const tokens = chains.pop();
        if (!tokens?.refresh_token) throw new Error('there is no refresh token to use');
        const refreshed = await post(endpoints.token_endpoint, {
          grant_type: 'refresh_token',
          refresh_token: tokens.refresh_token,
        });
        chains.unshift(JSON.parse(refreshed) as Tokens);
      };
    },
  },
  { name: 'whole login', count: 400, prepare: async (endpoints) => () => logIn(endpoints) },
];

async function post(url: string, fields: Record<string, string>): Promise<string> {
  const answer = await sendRaw(url, {
    method: 'POST',
    headers: { Authorization: AUTHORIZATION },
    body: new URLSearchParams(fields),
  });
  expectStatus(answer, 200);
  return answer.text;
}

function expectStatus({ status, text }: { status: number; text: string }, expected: number): void {
  if (status !== expected) throw new Error(`answered ${status}: ${text.slice(0, 300)}`);
}

let logins = 0;
/** Everybody comes from a network of their own, as people do; rate limits count by network. */
function nextAddress(): string {
  logins += 1;
  return `127.${1 + ((logins >> 8) % 250)}.${logins % 256}.1`;
}

/** Authorization request, login page, password, code, tokens: a browser that nobody knows. */
async function logIn({ authorization_endpoint, token_endpoint }: Endpoints): Promise<Tokens> {
  const verifier = randomBytes(32).toString('base64url');
  const parameters = new URLSearchParams({
    client_id: BENCH_CLIENT.client_id,
    response_type: 'code',
    scope: BENCH_CLIENT.scope,
    prompt: 'consent',
    redirect_uri: BENCH_CLIENT.redirect_uri,
    state: randomBytes(8).toString('hex'),
    nonce: randomBytes(8).toString('hex'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const browser = createBrowser({ from: nextAddress() });
  let answer = await browser.open(`${authorization_endpoint}?${parameters.toString()}`, BENCH_CLIENT.redirect_uri);
  for (let page = 0; answer.location === undefined && page < 4; page += 1) {
    const action = /<form[^>]*method="post"[^>]*action="([^"]+)"/i.exec(answer.text)?.[1] ?? '';
    const typed = answer.text.includes('name="password"')
      ? { login_id: PERSON.email, password: PERSON.password }
      : { decision: 'allow' };
    answer = await browser.submit(action, typed, BENCH_CLIENT.redirect_uri);
  }
  const code = new URL(answer.location ?? answer.url).searchParams.get('code');
  if (!code) throw new Error(`no code, but ${answer.status} ${answer.location ?? answer.url} ${answer.text.slice(0, 500)}`);
  const redirect_uri = BENCH_CLIENT.redirect_uri;
  return JSON.parse(
    await post(token_endpoint, { grant_type: 'authorization_code', code, redirect_uri, code_verifier: verifier }),
  ) as Tokens;
}
