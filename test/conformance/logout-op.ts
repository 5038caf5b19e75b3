// The modules of the plans RP-Initiated Logout OP and Back-Channel OP of the OpenID Foundation's conformance suite, by their names there.
import { createServer, type Server } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, exportJWK, generateKeyPair, jwtVerify, SignJWT, UnsecuredJWT } from 'jose';
import * as oidc from 'openid-client';
import { createBrowser, headingOf, mainOf, type Browser } from '../support/http-browser.ts';
import { untilFound } from '../support/until-true.ts';
import { LOGGED_OUT, type Login, type Party } from './party.ts';

export type LogoutParties = { basic: Party; backchannel: Party; receiver: Receiver };

const STATE = 'y1-_~.'.repeat(22).slice(0, 128);
const ASKS = 'ログアウト';
const ENDED = 'ログアウトしました';

/** Where a client gets its logout tokens (OpenID Connect Back-Channel Logout 1.0). */
export type Receiver = { url: string; bodies: URLSearchParams[]; close(): Promise<void> };

export async function startReceiver(port: number): Promise<Receiver> {
  const bodies: URLSearchParams[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(new URLSearchParams(Buffer.concat(chunks).toString()));
      response.setHeader('Cache-Control', 'no-store').end();
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${port}/backchannel-logout`,
    bodies,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** @param parties returns the clients, after `beforeAll` */
export function logoutOp(parties: () => LogoutParties): void {
  /** Logs in, and opens the end-session endpoint; `undefined` removes a parameter of the request. */
  async function requestLogout(
    changes: Record<string, string | undefined> = {},
    party: Party = parties().basic,
  ): Promise<{ browser: Browser; login: Login }> {
    const browser = createBrowser();
    const login = await party.login(browser);
    const params = {
      id_token_hint: String(login.tokens.id_token),
      post_logout_redirect_uri: LOGGED_OUT,
      state: STATE,
      ...changes,
    };
    const present = Object.entries(params).filter((entry): entry is [string, string] => entry[1] !== undefined);
    await browser.open(endSession(party, present), LOGGED_OUT);
    return { browser, login };
  }

  function endSession(party: Party, params: [string, string][]): string {
    const url = oidc.buildEndSessionUrl(party.config);
    url.search = new URLSearchParams(params).toString();
    return url.href;
  }

  /** The person confirms. @returns where they are then */
  async function confirm(browser: Browser): Promise<string | undefined> {
    expect(headingOf(browser.page)).toBe(ASKS);
    await browser.submit('/session/end/confirm', { logout: 'yes' }, LOGGED_OUT);
    return browser.page.location;
  }

  async function expectLoggedOut(browser: Browser): Promise<void> {
    const { params } = await parties().basic.authorize(browser, { prompt: 'none' });
    expect(params.get('error')).toBe('login_required');
  }

  describe('RP-Initiated Logout OP', () => {
    test('oidcc-rp-initiated-logout-discovery-endpoint-verification', () => {
      const { end_session_endpoint: endpoint, issuer } = parties().basic.config.serverMetadata();
      expect(String(endpoint)).toMatch(new RegExp(`^${issuer}/`));
    });

    test.each([
      ['oidcc-rp-initiated-logout', STATE],
      ['oidcc-rp-initiated-logout-no-state', undefined],
    ])('%s', async (_name, state) => {
      const { browser } = await requestLogout({ state });
      const query = state === undefined ? '' : `?${new URLSearchParams({ state }).toString()}`;
      expect(await confirm(browser)).toBe(`${LOGGED_OUT}${query}`);
      await expectLoggedOut(browser);
    });

    test.each([
      ['oidcc-rp-initiated-logout-bad-post-logout-redirect-uri', `${LOGGED_OUT}/other`],
      ['oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri', `${LOGGED_OUT}?foo=bar`],
    ])('%s', async (_name, uri) => {
      const { browser } = await requestLogout({ post_logout_redirect_uri: uri });
      await expectRefused(browser);
    });

    test('oidcc-rp-initiated-logout-modified-id-token-hint', async () => {
      const { login } = await requestLogout();
      const hint = new UnsecuredJWT(decodeJwt(String(login.tokens.id_token))).encode();
      await expectRefused((await requestLogout({ id_token_hint: hint })).browser);
    });

    test('oidcc-rp-initiated-logout-bad-id-token-hint', async () => {
      const { privateKey, publicKey } = await generateKeyPair('ES256');
      const { x } = await exportJWK(publicKey);
      const { basic } = parties();
      const hint = await new SignJWT({ iss: basic.config.serverMetadata().issuer, sub: 'somebody', aud: basic.clientId })
        .setProtectedHeader({ alg: 'ES256', kid: String(x) })
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey);
      await expectRefused((await requestLogout({ id_token_hint: hint })).browser);
    });

    test.each([
      ['oidcc-rp-initiated-logout-no-id-token-hint', { id_token_hint: undefined }],
      [
        'oidcc-rp-initiated-logout-no-params',
        { id_token_hint: undefined, post_logout_redirect_uri: undefined, state: undefined },
      ],
      ['oidcc-rp-initiated-logout-no-post-logout-redirect-uri', { post_logout_redirect_uri: undefined }],
      ['oidcc-rp-initiated-logout-only-state', { id_token_hint: undefined, post_logout_redirect_uri: undefined }],
    ])('%s', async (_name, changes) => {
      const { browser } = await requestLogout(changes);
      expect([browser.page.status, await confirm(browser)]).toEqual([200, undefined]);
      expect(headingOf(browser.page)).toBe(ENDED);
      await expectLoggedOut(browser);
    });

    /** The page says what is wrong and what to do. The person can log out, and does not get back to the client. */
    async function expectRefused(browser: Browser): Promise<void> {
      expect(browser.page.status).toBe(400);
      expect(mainOf(browser.page)).toContain('サービスからの依頼に誤りがあります');
      expect(mainOf(browser.page)).toContain('ログアウトは、この画面でできます。');
      expect(browser.page.text).not.toContain(LOGGED_OUT);
      expect(await confirm(browser)).toBeUndefined();
      expect(headingOf(browser.page)).toBe(ENDED);
      await expectLoggedOut(browser);
    }
  });

  describe('Back-Channel OP', () => {
    test('oidcc-backchannel-logout-discovery-endpoint-verification', () => {
      expect(parties().basic.config.serverMetadata()).toMatchObject({
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
      });
    });

    test('oidcc-backchannel-rp-initiated-logout', async () => {
      const { backchannel, receiver } = parties();
      const { issuer, jwks_uri: jwks } = backchannel.config.serverMetadata();
      const { browser, login } = await requestLogout({}, backchannel);
      expect(await confirm(browser)).toBe(`${LOGGED_OUT}?${new URLSearchParams({ state: STATE }).toString()}`);
      const body = await untilFound('a logout token', () => receiver.bodies[0]);
      expect([...body.keys()]).toEqual(['logout_token']);
      const { payload, protectedHeader } = await jwtVerify(
        body.get('logout_token') ?? '',
        createRemoteJWKSet(new URL(String(jwks))),
        { issuer, audience: backchannel.clientId, clockTolerance: 600 },
      );
      expect(protectedHeader).toMatchObject({ alg: 'ES256', typ: 'logout+jwt' });
      const { sub, sid } = login.claims;
      const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
      expect(payload).toMatchObject({ sub, sid, events, iat: expect.any(Number), jti: expect.any(String) });
      expect(payload).not.toHaveProperty('nonce');
      await expectLoggedOut(browser);
    });
  });
}
