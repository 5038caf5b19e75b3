// The modules of the plans Basic OP and Form Post Basic OP of the OpenID Foundation's conformance suite, by their names there.
// Clients of the suite send no PKCE.
import { describe, expect, test } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader, UnsecuredJWT } from 'jose';
import * as oidc from 'openid-client';
import { createBrowser, headingOf, type Browser } from '../support/http-browser.ts';
import type { World } from '../support/world.ts';
import { CALLBACK, type Arrival, type Login, type Mode, type Party } from './party.ts';

export type Parties = {
  world: World;
  /** Authenticates with client_secret_basic. */
  basic: Party;
  /** Authenticates with client_secret_post. */
  post: Party;
  /** Another client. */
  second: Party;
};

/** Sends a token request of the first client by hand. */
type Raw = { status: number; type: string | null; caching: string | null; body: Record<string, unknown> };

const LONG_STATE = 'x0-_~.'.repeat(22).slice(0, 128);
/** The claims about the person that no ID token holds unless the client's file or the `claims` parameter says so. */
const ABOUT_PERSON = ['name', 'family_name', 'email', 'phone_number', 'address', 'birthdate'];
/** The errors of a request that forbids pages (OpenID Connect Core 1.0, section 3.1.2.6). */
const NEEDS_PAGE = ['login_required', 'interaction_required', 'consent_required', 'account_selection_required'];

/** @param parties returns the clients, after `beforeAll` */
export function basicOp(plan: string, mode: Mode, parties: (mode: Mode) => Parties): void {
  const basic = (): Party => parties(mode).basic;
  const issuer = (): string => parties(mode).world.origins.id;
  const endpoint = (name: 'token_endpoint' | 'userinfo_endpoint'): string => String(basic().config.serverMetadata()[name]);

  async function redeemByHand(arrival: Arrival): Promise<Raw> {
    const answer = await fetch(endpoint('token_endpoint'), {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from(`${basic().clientId}:${SECRET}`).toString('base64')}` },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: arrival.params.get('code') ?? '',
        redirect_uri: CALLBACK,
      }),
    });
    return {
      status: answer.status,
      type: answer.headers.get('content-type'),
      caching: answer.headers.get('cache-control'),
      body: (await answer.json()) as Record<string, unknown>,
    };
  }

  async function userInfoStatus(accessToken: string, how: 'get' | 'header' | 'body'): Promise<[number, unknown]> {
    const headers = { Authorization: `Bearer ${accessToken}` };
    const requests = {
      get: { headers },
      header: { method: 'POST', headers },
      body: { method: 'POST', body: new URLSearchParams({ access_token: accessToken }) },
    };
    const answer = await fetch(endpoint('userinfo_endpoint'), requests[how]);
    return [answer.status, await answer.json()];
  }

  /** A login in a browser that has its first one behind it. */
  async function twice(second: Record<string, string>, wait = 0): Promise<{ first: Login; second: Login }> {
    const browser = createBrowser();
    const first = await basic().login(browser);
    if (wait > 0) await parties(mode).world.advance(wait);
    return { first, second: await basic().login(browser, second) };
  }

  /** The request succeeds, and the person sees an ordinary login. */
  async function succeeds(changes: Record<string, string | undefined>, browser: Browser = createBrowser()): Promise<Login> {
    const login = await basic().login(browser, changes);
    expect(login.steps).toEqual(['login', 'consent']);
    return login;
  }

  async function claimsOfScope(scope: string): Promise<oidc.UserInfoResponse> {
    const login = await succeeds({ scope });
    for (const claim of ABOUT_PERSON) expect(login.claims).not.toHaveProperty(claim);
    expect(login.tokens.scope?.split(' ').toSorted()).toEqual(scope.split(' ').toSorted());
    return basic().userInfo(login);
  }

  const PROFILE = {
    name: '山田 優子',
    family_name: '山田',
    given_name: '優子',
    birthdate: '1988-07-21',
    locale: 'ja',
    updated_at: expect.any(Number),
  };
  const EMAIL = { email: 'yamada@example.jp', email_verified: true };
  const PHONE = { phone_number: '+819034567890', phone_number_verified: false };
  const ADDRESS = {
    address: { postal_code: '2200012', region: '神奈川県', locality: '横浜市西区', country: 'JP' },
  };

  describe(plan, () => {
    test('oidcc-server', async () => {
      const login = await succeeds({});
      expect(login.params.get('state')).toBe('state-of-the-test');
      expect(login.params.get('code')?.length).toBeGreaterThan(21);
      expect(login.claims).toMatchObject({ iss: issuer(), aud: basic().clientId, nonce: 'nonce-of-the-test' });
      expect(login.claims.sub.length).toBeLessThan(256);
      expect(login.claims).not.toHaveProperty('name');
      expect(login.tokens).toMatchObject({ token_type: 'bearer', expires_in: expect.any(Number) });
      const { keys } = (await (await fetch(String(basic().config.serverMetadata().jwks_uri))).json()) as { keys: object[] };
      const { kid } = decodeProtectedHeader(String(login.tokens.id_token));
      expect(keys).toContainEqual(expect.objectContaining({ kid }));
    });

    test('oidcc-response-type-missing', async () => {
      const browser = createBrowser();
      await browser.open(basic().url({ response_type: undefined }).href, CALLBACK);
      const { params } = await basic().arrive(browser);
      expect(params.get('error')).toMatch(/^(invalid_request|unsupported_response_type)$/);
      expect(params.get('state')).toBe('state-of-the-test');
    });

    test.each(['get', 'post-header', 'post-body'])('oidcc-userinfo-%s', async (name) => {
      const { tokens, claims } = await succeeds({});
      const how = name === 'get' ? 'get' : name === 'post-body' ? 'body' : 'header';
      expect(await userInfoStatus(tokens.access_token, how)).toEqual([200, { sub: claims.sub }]);
    });

    test('oidcc-ensure-request-without-nonce-succeeds-for-code-flow', async () => {
      const arrival = await basic().authorize(createBrowser(), { nonce: undefined });
      const { body } = await redeemByHand(arrival);
      expect(decodeJwt(String(body.id_token))).not.toHaveProperty('nonce');
    });

    test.each([
      ['profile', PROFILE],
      ['email', EMAIL],
      ['address', ADDRESS],
      ['phone', PHONE],
    ])('oidcc-scope-%s', async (scope, expected) => {
      const claims = await claimsOfScope(`openid ${scope}`);
      expect(claims).toMatchObject(expected);
      const others = Object.keys({ ...PROFILE, ...EMAIL, ...PHONE, ...ADDRESS }).filter((name) => !(name in expected));
      for (const other of others) expect(claims).not.toHaveProperty(other);
    });

    test('oidcc-scope-all', async () => {
      const claims = await claimsOfScope('openid profile email address phone');
      expect(claims).toMatchObject({ ...PROFILE, ...EMAIL, ...PHONE, ...ADDRESS });
    });

    test('oidcc-alternate-happy-flow', async () => {
      // The scopes and the parameters in another order.
      const url = basic().url({ scope: 'email openid' });
      url.search = new URLSearchParams([...url.searchParams].toReversed()).toString();
      const browser = createBrowser();
      await browser.open(url.href, CALLBACK);
      const login = await basic().redeem(await basic().arrive(browser));
      expect(await basic().userInfo(login)).toMatchObject(EMAIL);
    });

    test.each(['page', 'popup'])('oidcc-display-%s', async (display) => {
      await succeeds({ display });
    });

    test('oidcc-prompt-login', async () => {
      const { first, second } = await twice({ prompt: 'login' }, 2000);
      expect(second.steps).toEqual(['login']);
      expect(second.claims.auth_time).toBeGreaterThan(Number(first.claims.auth_time ?? 0));
      expect(second.claims.sub).toBe(first.claims.sub);
    });

    test('oidcc-prompt-none-not-logged-in', async () => {
      const { params, steps } = await basic().authorize(createBrowser(), { prompt: 'none', state: LONG_STATE });
      expect(NEEDS_PAGE).toContain(params.get('error'));
      expect([steps, params.get('state')]).toEqual([[], LONG_STATE]);
    });

    test('oidcc-prompt-none-logged-in', async () => {
      const { first, second } = await twice({ prompt: 'none' });
      expect(second.steps).toEqual([]);
      expect([second.claims.sub, second.claims.auth_time]).toEqual([first.claims.sub, first.claims.auth_time]);
    });

    test('oidcc-max-age-1', async () => {
      const { first, second } = await twice({ max_age: '1' }, 2000);
      expect(second.steps).toEqual(['login']);
      expect(second.claims.auth_time).toBeGreaterThan(Number(first.claims.auth_time ?? first.claims.iat));
    });

    test('oidcc-max-age-10000', async () => {
      const { first, second } = await twice({ max_age: '10000' });
      expect(second.steps).toEqual([]);
      expect(second.claims.auth_time).toEqual(expect.any(Number));
      expect(second.claims.auth_time).toBe(first.claims.auth_time ?? second.claims.auth_time);
    });

    test('oidcc-ensure-request-with-unknown-parameter-succeeds', async () => {
      await succeeds({ extra: 'foobar' });
    });

    test('oidcc-id-token-hint', async () => {
      const browser = createBrowser();
      const first = await basic().login(browser);
      const second = await basic().login(browser, { prompt: 'none', id_token_hint: String(first.tokens.id_token) });
      expect(second.steps).toEqual([]);
      expect([second.claims.sub, second.claims.auth_time]).toEqual([first.claims.sub, first.claims.auth_time]);
    });

    test('oidcc-login-hint', async () => {
      const browser = createBrowser();
      await browser.open(basic().url({ login_hint: 'buffy@localhost' }).href);
      expect(browser.form('/login').fields.login_id).toBe('buffy@localhost');
      await basic().redeem(await basic().arrive(browser));
    });

    test('oidcc-ui-locales', async () => {
      const { firstPage } = await succeeds({ ui_locales: 'se' });
      expect([firstPage.status, firstPage.headers['content-language']]).toEqual([200, 'ja']);
    });

    test('oidcc-claims-locales', async () => {
      await succeeds({ claims_locales: 'se' });
    });

    test('oidcc-ensure-request-with-acr-values-succeeds', async () => {
      const { acr_values_supported: supported } = basic().config.serverMetadata();
      const values = supported ?? ['1', '2'];
      const { claims } = await succeeds({ acr_values: values.join(' ') });
      // The suite warns if the ID token has none of the values.
      if (supported) expect(values).toContain(claims.acr);
    });

    test.each([
      ['oidcc-codereuse', 0],
      ['oidcc-codereuse-30seconds', 30_000],
    ])('%s', async (_name, wait) => {
      const arrival = await basic().authorize(createBrowser());
      const first = await redeemByHand(arrival);
      expect([first.status, first.caching]).toEqual([200, expect.stringContaining('no-store')]);
      if (wait > 0) await parties(mode).world.advance(wait);
      const second = await redeemByHand(arrival);
      expect(second).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
      expect(second.type).toContain('application/json');
      expect(String(second.body.error_description)).not.toMatch(/[\r\n\t]/);
      expect((await userInfoStatus(String(first.body.access_token), 'get'))[0]).toBe(401);
    });

    test('oidcc-ensure-registered-redirect-uri', async () => {
      const browser = createBrowser();
      const answer = await browser.open(basic().url({ redirect_uri: `${CALLBACK}/other` }).href);
      expect([answer.status, headingOf(answer)]).toEqual([400, '安全のため、サービスに戻れません']);
    });

    test('oidcc-ensure-post-request-succeeds', async () => {
      const browser = createBrowser();
      const { origin, pathname, searchParams } = basic().url();
      const answer = await browser.send(`${origin}${pathname}`, { method: 'POST', body: searchParams });
      await browser.open(String(answer.location), CALLBACK);
      await basic().redeem(await basic().arrive(browser));
    });

    test('oidcc-server-client-secret-post', async () => {
      const { post } = parties(mode);
      const login = await post.login(createBrowser(), { scope: 'openid email' });
      expect(await post.userInfo(login)).toMatchObject({ sub: login.claims.sub, ...EMAIL });
    });

    test('oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported', async () => {
      const { params } = await basic().authorize(createBrowser(), { request_uri: `${CALLBACK}/request.jwt` });
      expect(params.get('error')).toBe('request_uri_not_supported');
    });

    test.each([
      ['oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported', CALLBACK],
      ['oidcc-ensure-request-object-with-redirect-uri', `${CALLBACK}/other`],
    ])('%s', async (_name, redirectUri) => {
      const inside = Object.fromEntries(basic().url({ state: 'inside' }).searchParams);
      const request = new UnsecuredJWT({ ...inside, iss: basic().clientId, aud: issuer() }).encode();
      // Only the request object says how the response has to arrive.
      const outside = { request, redirect_uri: redirectUri, response_mode: undefined, state: undefined };
      const { params, firstPage } = await basic().authorize(createBrowser(), outside);
      expect([params.get('error'), params.get('state')]).toEqual(['request_not_supported', 'inside']);
      expect(firstPage.location === undefined).toBe(mode === 'form_post');
      const unregistered = new UnsecuredJWT({ ...inside, redirect_uri: `${CALLBACK}/other` }).encode();
      const refused = await createBrowser().open(basic().url({ request: unregistered }).href);
      expect([refused.status, headingOf(refused)]).toEqual([400, '安全のため、サービスに戻れません']);
    });

    test('oidcc-claims-essential', async () => {
      const login = await succeeds({ claims: JSON.stringify({ userinfo: { name: { essential: true } } }) });
      expect(login.claims).not.toHaveProperty('name');
      expect(await basic().userInfo(login)).toEqual({ sub: login.claims.sub, name: PROFILE.name });
    });

    test('oidcc-refresh-token', async () => {
      const { second } = parties(mode);
      const login = await basic().login(createBrowser(), { scope: 'openid email offline_access', prompt: 'consent' });
      expect(login.tokens.refresh_token).toMatch(/^[\x20-\x7e]+$/);
      const refreshed = await oidc.refreshTokenGrant(basic().config, String(login.tokens.refresh_token));
      const { sub, iss, aud, auth_time: authTime } = login.claims;
      expect(refreshed.claims()).toMatchObject({ sub, iss, aud, ...(authTime !== undefined && { auth_time: authTime }) });
      expect(await oidc.fetchUserInfo(basic().config, refreshed.access_token, sub)).toMatchObject(EMAIL);
      const other = await second.login(createBrowser(), { scope: 'openid offline_access', prompt: 'consent' });
      const stolen = oidc.refreshTokenGrant(basic().config, String(other.tokens.refresh_token));
      await expect(stolen).rejects.toMatchObject({ status: 400, error: 'invalid_grant' });
    });

    test('oidcc-ensure-request-with-valid-pkce-succeeds', async () => {
      const verifier = oidc.randomPKCECodeVerifier();
      const challenge = { code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' };
      const arrival = await basic().authorize(createBrowser(), challenge);
      await basic().redeem(arrival, { pkceCodeVerifier: verifier });
    });
  });
}

/** The secret of every client. */
export const SECRET = 'conformance-0123456789abcdef-0123456789ab';
