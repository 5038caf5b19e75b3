// Parameters that libraries and services send, beyond the modules of the conformance suite.
import { describe, expect, test } from '@jest/globals';
import * as oidc from 'openid-client';
import { createBrowser, headingOf, mainOf, unescapeHtml, type Browser } from '../support/http-browser.ts';
import type { World } from '../support/world.ts';
import { CALLBACK, LOGGED_OUT, type Changes, type Party } from './party.ts';

export type RequestParties = { world: World; basic: Party; native: Party };

/** The redirect URIs of the native client. */
export const NATIVE = {
  callbacks: ['http://127.0.0.1/callback', 'https://app.example.jp/callback'],
  afterLogout: ['http://localhost/bye', 'http://127.0.0.1/bye', 'https://app.example.jp/bye'],
};

/** @param parties returns the clients, after `beforeAll` */
export function requests(parties: () => RequestParties): void {
  const basic = (): Party => parties().basic;
  async function opened(changes: Changes, language = 'ja'): Promise<Browser> {
    const browser = createBrowser({ language });
    await browser.open(basic().url(changes).href, CALLBACK);
    return browser;
  }

  describe('an authorization request', () => {
    test('with prompt=select_account asks a signed-in person of any client which ID to continue with', async () => {
      const selects = { prompt: 'select_account' };
      const browser = createBrowser();
      // If nobody is signed in, the login is the choice.
      const first = await basic().login(browser, selects);
      expect(first.steps).toEqual(['login', 'consent']);
      for (const [decision, steps] of [
        ['continue', []],
        ['other', ['login']],
      ] as const) {
        await browser.open(basic().url(selects).href, CALLBACK);
        expect(mainOf(browser.page)).toContain('yamada@example.jp');
        await browser.submit('/select-account', { decision }, CALLBACK);
        const login = await basic().redeem(await basic().arrive(browser));
        expect([decision, login.steps, login.claims.sub]).toEqual([decision, steps, first.claims.sub]);
      }
      const { params } = await basic().authorize(browser, { prompt: 'none select_account' });
      expect(params.get('error')).toBe('invalid_request');
    });

    test.each([
      ['an address', 'yamada@example.jp', 'yamada@example.jp'],
      ['a number', '090-3456-7890', '090-3456-7890'],
      ['a number in E.164', '+819034567890', '090-3456-7890'],
    ])('with %s as login_hint fills in the login, with which the person gets in', async (_what, hint, shown) => {
      const browser = await opened({ login_hint: hint });
      expect(browser.form('/login').fields.login_id).toBe(shown);
      await browser.submit('/login', { password: 'Common-2026' }, CALLBACK);
      expect((await basic().arrive(browser)).params.has('code')).toBe(true);
    });

    test('with login_hint does not tell who has an ID', async () => {
      /** The page without what differs in every request, and without the hint. */
      const shownFor = async (hint: string): Promise<string> => {
        const { status, text } = (await opened({ login_hint: hint })).page;
        const same = text.replaceAll(/interaction(\/|=)[\w-]+/g, '').replaceAll(/name="csrf_token" value="[^"]*"/g, '');
        return `${status} ${unescapeHtml(same)
          .replaceAll(hint, 'HINT')
          .replaceAll(/https?:[^"]*/g, '')}`;
      };
      expect(await shownFor('yamada@example.jp')).toBe(await shownFor('nobody@example.jp'));
      expect(await shownFor('<b>"\'&')).toContain('HINT');
    });

    test.each(['touch', 'wap', 'PAGE', 'nonsense'])('with display=%s is an ordinary one', async (display) => {
      const browser = await opened({ display });
      expect([browser.page.status, headingOf(browser.page)]).toEqual([200, 'TOYOTA/LEXUSの共通IDでログイン']);
    });

    test.each([
      ['ja_JP', 'ja'],
      ['en_US', 'en'],
      ['xx_YY en_GB ja', 'en'],
      ['en-GB-oxendict', 'en'],
      ['xx', 'ja'],
      ['_ - %00 😀', 'ja'],
    ])('with ui_locales=%s shows %s', async (locales, language) => {
      const { page } = await opened({ ui_locales: locales }, 'de');
      expect([page.status, page.headers['content-language']]).toEqual([200, language]);
    });
  });

  test.each([
    ['ja', '次へ'],
    ['en', 'Continue'],
  ])('a person without scripts posts the response by hand, and reads what to press: %s', async (language, label) => {
    const browser = await opened({ response_mode: 'form_post', prompt: 'none', ui_locales: language });
    expect([browser.page.status, browser.page.headers['content-language']]).toEqual([200, language]);
    expect(browser.form('/callback').buttons).toEqual([expect.objectContaining({ label })]);
    expect(browser.page.text).toContain(`<html lang="${language}">`);
  });

  describe('a native client', () => {
    test.each([
      ['http://127.0.0.1:51234/callback', true],
      ['https://app.example.jp/callback', true],
      ['https://app.example.jp:8443/callback', false],
      ['https://app.example.jp/callback/', false],
      ['http://localhost:51234/callback', false],
    ])('comes back to %s: %s', async (redirectUri, allowed) => {
      const verifier = oidc.randomPKCECodeVerifier();
      const browser = createBrowser();
      const url = parties().native.url({
        redirect_uri: redirectUri,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      await browser.open(url.href);
      if (!allowed) {
        expect([browser.page.status, headingOf(browser.page)]).toEqual([400, '安全のため、サービスに戻れません']);
        return;
      }
      await browser.submit('/login', { login_id: 'yamada@example.jp', password: 'Common-2026' }, redirectUri);
      await browser.submit('/consent', { decision: 'allow' }, redirectUri);
      const tokens = await oidc.authorizationCodeGrant(parties().native.config, new URL(String(browser.page.location)), {
        expectedState: 'state-of-the-test',
        expectedNonce: 'nonce-of-the-test',
        pkceCodeVerifier: verifier,
      });
      expect(tokens.claims()?.sub).toBeDefined();
    });

    test.each([
      ['http://localhost:51234/bye', true],
      ['http://localhost/bye', true],
      ['http://127.0.0.1:51234/bye', true],
      ['https://app.example.jp/bye', true],
      ['https://app.example.jp:8443/bye', false],
      ['http://localhost:51234/other', false],
      [LOGGED_OUT, false],
    ])('gets its user back after a logout at %s: %s', async (uri, allowed) => {
      const browser = createBrowser();
      const params = new URLSearchParams({ client_id: 'suite-native', post_logout_redirect_uri: uri });
      await browser.open(`${parties().world.origins.id}/session/end?${params.toString()}`);
      expect(browser.page.status).toBe(allowed ? 200 : 400);
      await browser.submit('/session/end/confirm', { logout: 'yes' }, uri);
      expect(browser.page.location).toBe(allowed ? uri : undefined);
    });
  });

  test('the list of services starts a login at a service that wants it so (OpenID Connect Core 1.0, section 4)', async () => {
    const { origins } = parties().world;
    const { text } = await createBrowser().open(origins.id);
    const links = [...text.matchAll(/<a href="(http:\/\/127\.0\.0\.1:9\/[^"]*)"/g)].map(([, href = '']) => unescapeHtml(href));
    const query = new URLSearchParams({ from: 'id', iss: origins.id, target_link_uri: 'http://127.0.0.1:9/' });
    expect(links).toEqual([`http://127.0.0.1:9/start?${query.toString()}`]);
  });
}
