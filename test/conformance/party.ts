// A client of the conformance tests, made with openid-client, and a person who signs in and allows what it asks for.
import * as oidc from 'openid-client';
import { formsOf, type Answer, type Browser } from '../support/http-browser.ts';

/** The redirect URIs of the clients. Nobody listens there. */
export const CALLBACK = 'http://127.0.0.1:9/callback';
export const LOGGED_OUT = 'http://127.0.0.1:9/logged-out';

/** How the authorization response arrives (OAuth 2.0 Form Post Response Mode 1.0). */
export type Mode = 'query' | 'form_post';

export type Arrival = {
  /** The parameters of the response. */
  params: URLSearchParams;
  /** The steps that the person saw on the way: `login`, `consent`. */
  steps: string[];
  /** The first page that the person saw; the response itself if there was none. */
  firstPage: Answer;
};

export type Login = Arrival & {
  tokens: oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers;
  /** The claims of the ID token, whose signature was verified. */
  claims: oidc.IDToken;
};

export type Party = {
  clientId: string;
  mode: Mode;
  config: oidc.Configuration;
  /** Makes an authorization request: that of the suite, without PKCE. `undefined` removes a parameter. */
  url(changes?: Changes): URL;
  /** Opens the request. The person signs in and allows everything. */
  authorize(browser: Browser, changes?: Changes): Promise<Arrival>;
  /** The same for a request that is open already. */
  arrive(browser: Browser): Promise<Arrival>;
  /** Redeems the code of a response. */
  redeem(arrival: Arrival, checks?: oidc.AuthorizationCodeGrantChecks): Promise<Login>;
  /** `authorize` and `redeem`. */
  login(browser: Browser, changes?: Changes): Promise<Login>;
  userInfo(login: Login): Promise<oidc.UserInfoResponse>;
};

export type Changes = Record<string, string | undefined>;

const PERSON = { login_id: 'yamada@example.jp', password: 'Common-2026' };
/** The tests put the clock of the common ID forward, and openid-client has the real one. */
const CLOCK_TOLERANCE_SECONDS = 600;

/** Discovers the issuer. @param mode how the party wants its responses */
export async function createParty(
  issuer: string,
  clientId: string,
  mode: Mode,
  authentication: oidc.ClientAuth,
  metadata: Partial<oidc.ClientMetadata> = {},
): Promise<Party> {
  const config = await oidc.discovery(
    new URL(issuer),
    clientId,
    { id_token_signed_response_alg: 'ES256', [oidc.clockTolerance]: CLOCK_TOLERANCE_SECONDS, ...metadata },
    authentication,
    { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] },
  );

  const party: Party = {
    clientId,
    mode,
    config,
    url(changes = {}) {
      const params = {
        response_type: 'code',
        redirect_uri: CALLBACK,
        scope: 'openid',
        state: 'state-of-the-test',
        nonce: 'nonce-of-the-test',
        response_mode: mode === 'form_post' ? mode : undefined,
        ...changes,
      };
      const present = Object.entries(params).filter((entry): entry is [string, string] => entry[1] !== undefined);
      const url = oidc.buildAuthorizationUrl(config, new URLSearchParams(present));
      if (params.response_type === undefined) url.searchParams.delete('response_type');
      return url;
    },
    async authorize(browser, changes) {
      await browser.open(party.url(changes).href, CALLBACK);
      return party.arrive(browser);
    },
    async arrive(browser) {
      const firstPage = browser.page;
      const steps: string[] = [];
      for (let params = responseOn(browser.page); ; params = responseOn(browser.page)) {
        if (params) return { params, steps, firstPage };
        const step = /\/interaction\/[^/]+\/([^/?]+)/.exec(browser.page.url)?.[1] ?? '';
        if (steps.length > 3 || !['login', 'consent'].includes(step)) {
          throw new Error(`nobody can go on from ${browser.page.status} ${browser.page.url} after ${steps.join(', ')}`);
        }
        steps.push(step);
        await browser.submit(`/${step}`, step === 'login' ? PERSON : { decision: 'allow' }, CALLBACK);
      }
    },
    async redeem(arrival, checks = {}) {
      const response =
        mode === 'form_post'
          ? new Request(CALLBACK, { method: 'POST', body: arrival.params })
          : new URL(`${CALLBACK}?${arrival.params.toString()}`);
      const tokens = await oidc.authorizationCodeGrant(config, response, {
        expectedState: 'state-of-the-test',
        expectedNonce: 'nonce-of-the-test',
        idTokenExpected: true,
        ...checks,
      });
      return { ...arrival, tokens, claims: tokens.claims()! };
    },
    login: async (browser, changes) => party.redeem(await party.authorize(browser, changes)),
    userInfo: async ({ tokens, claims }) => oidc.fetchUserInfo(config, tokens.access_token, claims.sub),
  };
  return party;
}

/** Reads the authorization response of an answer: in a redirect, or in the form that posts it. */
function responseOn({ location, status, headers, text }: Answer): URLSearchParams | undefined {
  if (location?.startsWith(CALLBACK)) return new URL(location).searchParams;
  const form = status === 200 ? formsOf(text).find(({ action }) => action === CALLBACK) : undefined;
  if (form && String(headers['content-security-policy']).includes('form-action'))
    throw new Error('the content security policy stops the browser from posting the response');
  return form && new URLSearchParams(form.fields);
}
