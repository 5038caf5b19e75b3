// GAZOO as the client of the faults: a browser that gets codes, and calls to the endpoints of any node.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { GAZOO_DEVELOPMENT_SECRET } from '../../src/config/settings/settings.ts';
import { DEMO_PASSWORD } from '../../test/journeys/traveller.ts';
import { createBrowser, sendRaw, type Answer } from '../../test/support/http-browser.ts';
import type { World } from '../../test/support/world.ts';

export type Code = { code: string; verifier: string };
export type Tokens = { access_token: string; id_token: string; refresh_token?: string };

export type Gazoo = {
  /** Runs a whole authorization request. Only the first one shows pages. */
  authorize(): Promise<Code>;
  /** Pushes a request (RFC 9126) and returns the URL for the browser. */
  push(): Promise<string>;
  /** Pushes a request to one node and returns its answer. */
  pushTo(port: number): Promise<Answer>;
  /** Opens a URL in a copy of the signed-in browser, without following redirects. */
  open(url: string, port?: number): Promise<Answer>;
  /** Returns the tokens; undefined without an answer or with a status other than 200. `port` defaults to the proxy's. */
  redeem(code: Code, port?: number): Promise<Tokens | undefined>;
  refresh(tokens: Tokens, port?: number): Promise<Tokens | undefined>;
  /** Returns UserInfo's status for an access token. */
  statusOf(tokens: Tokens): Promise<number>;
};

/** @param options.scope `offline_access` gets it refresh tokens */
export function createGazoo(world: World, { email = 'yamada@example.jp', scope = 'openid' } = {}): Gazoo {
  const { id: issuer, demoClients } = world.origins;
  const home = `${demoClients}/gazoo/`;
  const redirect_uri = `${demoClients}/gazoo/callback`;
  const browser = createBrowser();

  const headers = { Authorization: `Basic ${Buffer.from(`gazoo:${GAZOO_DEVELOPMENT_SECRET}`).toString('base64')}` };

  const requestWith = (verifier: string): URLSearchParams =>
    new URLSearchParams({
      client_id: 'gazoo',
      response_type: 'code',
      scope,
      redirect_uri,
      state: randomBytes(8).toString('hex'),
      nonce: randomBytes(8).toString('hex'),
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });

  const pushTo = async (port?: number): Promise<Answer> =>
    sendRaw(`${issuer}/request`, { method: 'POST', headers, body: requestWith('unused'), port });

  async function askForTokens(parameters: Record<string, string>, port?: number): Promise<Tokens | undefined> {
    const request = { method: 'POST', headers, body: new URLSearchParams(parameters), port };
    // A killed node sends no answer, or half of one.
    const answer = await sendRaw(`${issuer}/token`, request).catch((): undefined => undefined);
    return answer?.status === 200 ? (JSON.parse(answer.text) as Tokens) : undefined;
  }

  return {
    async authorize() {
      const verifier = randomBytes(32).toString('base64url');
      let answer: Answer = await browser.open(`${issuer}/auth?${requestWith(verifier).toString()}`, home);
      for (let page = 0; answer.location === undefined && page < 6; page += 1) {
        answer = answer.text.includes('name="login_id"')
          ? await browser.submit('/login', { login_id: email, password: DEMO_PASSWORD }, home)
          : await browser.submit('/consent', { decision: 'allow' }, home);
      }
      const code = new URL(answer.location ?? answer.url).searchParams.get('code');
      assert(code, `no code, but ${answer.status} ${answer.location ?? answer.url}`);
      return { code, verifier };
    },
    pushTo,
    async push() {
      const answer = await pushTo();
      const { request_uri } = JSON.parse(answer.text) as { request_uri: string };
      return `${issuer}/auth?${new URLSearchParams({ client_id: 'gazoo', request_uri }).toString()}`;
    },
    open: async (url, port) => browser.copy(port === undefined ? {} : { port }).send(url),
    redeem: async ({ code, verifier }, port) =>
      askForTokens({ grant_type: 'authorization_code', code, redirect_uri, code_verifier: verifier }, port),
    refresh: async ({ refresh_token = '' }, port) => askForTokens({ grant_type: 'refresh_token', refresh_token }, port),
    async statusOf({ access_token }) {
      const headers = { Authorization: `Bearer ${access_token}` };
      return (await sendRaw(`${issuer}/me`, { headers })).status;
    },
  };
}
