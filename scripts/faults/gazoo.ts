// GAZOO, as a client that the faults drive: a browser that gets codes for it, and its calls to the endpoints, to whichever node.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { GAZOO_DEVELOPMENT_SECRET } from '../../src/config/settings/settings.ts';
import { DEMO_PASSWORD } from '../../test/journeys/traveller.ts';
import { createBrowser, sendRaw, type Answer } from '../../test/support/http-browser.ts';
import type { World } from '../../test/support/world.ts';

export type Code = { code: string; verifier: string };
export type Tokens = { access_token: string; id_token: string; refresh_token?: string };

export type Gazoo = {
  /** A whole authorization request; only the first one asks the person anything. */
  authorize(): Promise<Code>;
  /** Pushes a request (RFC 9126), and answers the address that a browser opens then. */
  push(): Promise<string>;
  /** Pushes a request to this node, and answers what it answers. */
  pushTo(port: number): Promise<Answer>;
  /** Opens an address in a copy of the browser in which the person is signed in; redirects are not followed. */
  open(url: string, port?: number): Promise<Answer>;
  /** @param port of the node that is asked; the proxy's where it is left out. Nothing where there was no answer, or not 200. */
  redeem(code: Code, port?: number): Promise<Tokens | undefined>;
  refresh(tokens: Tokens, port?: number): Promise<Tokens | undefined>;
  /** The status that UserInfo answers to a token. */
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
    // A node that was killed answers nothing, or half.
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
