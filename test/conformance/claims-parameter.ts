// The `claims` parameter (OpenID Connect Core 1.0, section 5.5): single claims, for UserInfo and for the ID token.
import { describe, expect, test } from '@jest/globals';
import * as oidc from 'openid-client';
import { createBrowser, mainOf, type Browser } from '../support/http-browser.ts';
import type { World } from '../support/world.ts';
import { CALLBACK, type Changes, type Party } from './party.ts';

type Wishes = { userinfo?: Record<string, unknown>; id_token?: Record<string, unknown> };
export type ClaimsParties = {
  world: World;
  /** May have every scope. */
  basic: Party;
  /** Another client, which may have `openid email` only. */
  narrow: Party;
};

const asking = (wishes: Wishes, changes: Changes = {}): Changes => ({ claims: JSON.stringify(wishes), ...changes });
const NAME = '山田 優子';

/** @param parties returns the clients, after `beforeAll` */
export function claimsParameter(parties: () => ClaimsParties): void {
  /** Opens a request and signs in. The page that asks for consent is shown. */
  async function upToConsent(party: Party, changes: Changes, browser: Browser = createBrowser()): Promise<Browser> {
    await browser.open(party.url(changes).href);
    await browser.submit('/login', { login_id: 'yamada@example.jp', password: 'Common-2026' }, CALLBACK);
    return browser;
  }
  /** A person whose grants nobody else has. */
  const fresh = async (): Promise<Browser> => {
    const browser = createBrowser();
    await browser.open(`${parties().world.origins.id}/account`);
    await browser.submit('/login', { login_id: 'yamada@example.jp', password: 'Common-2026' });
    await withdraw(browser);
    return browser;
  };
  async function withdraw(browser: Browser): Promise<void> {
    const { basic, world } = parties();
    const page = `${world.origins.id}/account/services/${basic.clientId}/end`;
    if ((await browser.open(page)).status === 200) await browser.submit('/end');
  }

  describe('OpenID Connect Core 5.5, the claims parameter', () => {
    test('the person reads which single claims the client asks for, and the client gets these, each where it wants it', async () => {
      const { basic } = parties();
      const wishes = {
        userinfo: { name: null, birthdate: { essential: true }, email: null, gender: null },
        id_token: { email: { essential: true }, updated_at: null },
      };
      const browser = await upToConsent(basic, asking(wishes));
      const shown = mainOf(browser.page);
      expect(shown).toContain('基本情報 氏名、生年月日、性別、お客様情報を最後に変更した日時');
      expect(shown).toContain('メールアドレス メールアドレス');
      for (const other of ['フリガナ', '電話番号', '住所', '確認済み']) expect(shown).not.toContain(other);
      const login = await basic.redeem(await basic.arrive(browser));
      // The person has told no gender.
      const email = 'yamada@example.jp';
      expect(await basic.userInfo(login)).toEqual({ sub: login.claims.sub, name: NAME, birthdate: '1988-07-21', email });
      expect(login.claims).toMatchObject({ email, updated_at: expect.any(Number) });
      for (const name of ['name', 'birthdate', 'email_verified']) expect(login.claims).not.toHaveProperty(name);
    });

    test('the migration and the dealer links can be asked for as single claims', async () => {
      const { basic } = parties();
      const browser = await upToConsent(basic, asking({ userinfo: { migration: null }, id_token: { dealer_links: null } }));
      expect(mainOf(browser.page)).toContain('移行の状況 トヨタオーナーズサイトからの移行の状況');
      expect(mainOf(browser.page)).toContain('販売店との連携 連携している販売店と、連携の状況');
      const login = await basic.redeem(await basic.arrive(browser));
      const { migration, ...rest } = await basic.userInfo(login);
      expect([migration, rest]).toMatchObject([{ completed: [{ legacy_id: 'own-yamada' }] }, { sub: login.claims.sub }]);
      // A third party learns of no link that was made elsewhere.
      expect([login.claims.dealer_links, login.claims.migration]).toEqual([[], undefined]);
    });

    test('the words are in the language of the page; one half of a name has its own', async () => {
      const browser = createBrowser({ language: 'en' });
      const wishes = { userinfo: { given_name: null, 'family_name#ja-Kana-JP': null, phone_number_verified: null } };
      await upToConsent(parties().basic, asking(wishes), browser);
      expect(mainOf(browser.page)).toContain('Basic details Given name, Family name (katakana)');
      expect(mainOf(browser.page)).toContain('Phone number Whether the phone number is verified');
    });

    test('the same claims are not asked for again; another one is, and not without a page', async () => {
      const { basic } = parties();
      const browser = await fresh();
      const names = { userinfo: { name: null }, id_token: { birthdate: null } };
      expect((await basic.login(browser, asking(names))).steps).toEqual(['consent']);
      const again = await basic.login(browser, asking({ userinfo: { birthdate: null }, id_token: { name: null } }));
      expect([again.steps, again.claims.name]).toEqual([[], NAME]);
      const more = asking({ userinfo: { name: null, email: null } });
      const silent = await basic.authorize(browser, { ...more, prompt: 'none' });
      expect(silent.params.get('error')).toBe('consent_required');
      const login = await basic.login(browser, more);
      expect(login.steps).toEqual(['consent']);
      expect(Object.keys(await basic.userInfo(login)).toSorted()).toEqual(['email', 'name', 'sub']);
    });

    test('a scope that was granted covers its claims', async () => {
      const { basic } = parties();
      const browser = await fresh();
      await basic.login(browser, { scope: 'openid profile' });
      const login = await basic.login(browser, asking({ id_token: { name: null } }));
      expect([login.steps, login.claims.name]).toEqual([[], NAME]);
    });

    test('a claim whose scope is not in the client’s file is not asked for and not given, and an unknown one is ignored', async () => {
      const { narrow } = parties();
      const wishes = { name: { essential: true }, migration: null, email: null, nickname: null };
      const browser = await upToConsent(narrow, asking({ userinfo: wishes, id_token: wishes }));
      expect(mainOf(browser.page)).not.toMatch(/基本情報|移行/);
      const login = await narrow.redeem(await narrow.arrive(browser));
      expect(Object.keys(await narrow.userInfo(login))).toEqual(['sub', 'email']);
      for (const name of ['name', 'migration', 'nickname']) expect(login.claims).not.toHaveProperty(name);
    });

    test.each([
      ['the value of the person', { value: 'yamada@example.jp' }, true],
      ['another value', { value: 'sato@example.jp' }, false],
      ['values with that of the person', { values: ['sato@example.jp', 'yamada@example.jp'] }, true],
      ['other values', { values: ['sato@example.jp'] }, false],
    ])('a claim that is asked for with %s', async (_what, wish, given) => {
      const { basic } = parties();
      const login = await basic.login(createBrowser(), asking({ userinfo: { email: wish }, id_token: { email: wish } }));
      expect([Object.hasOwn(await basic.userInfo(login), 'email'), 'email' in login.claims]).toEqual([given, given]);
    });

    test('only the person whom sub names gets in', async () => {
      const { basic } = parties();
      const browser = createBrowser();
      const { claims } = await basic.login(browser);
      for (const sub of [{ value: claims.sub }, { values: ['somebody', claims.sub] }]) {
        expect((await basic.login(browser, asking({ id_token: { sub } }))).claims.sub).toBe(claims.sub);
      }
      const other = asking({ id_token: { sub: { value: 'somebody' } } });
      expect((await basic.authorize(browser, { ...other, prompt: 'none' })).params.get('error')).toBe('login_required');
      await browser.open(basic.url(other).href, CALLBACK);
      for (let attempt = 1; attempt <= 2; attempt += 1) {
        expect(mainOf(browser.page)).toContain('サービスでご利用中のIDでログインしてください');
        await browser.submit('/login', { login_id: 'yamada@example.jp', password: 'Common-2026' }, CALLBACK);
      }
      expect(browser.page.url).toContain('/login');
    });

    test.each([
      '{',
      '[]',
      '7',
      'null',
      '{"userinfo":[]}',
      '{"userinfo":{"email":"x"}}',
      '{"id_token":{"sub":"x"}}',
      '{"id_token":{"sub":[]}}',
      '{"id_token":{"acr":{"essential":true,"values":"x"}}}',
      '{"userinfo":{"email":{"essential":"yes"}}}',
    ])('the malformed %s is refused', async (claims) => {
      const { params } = await parties().basic.authorize(createBrowser(), { claims });
      expect(params.get('error')).toBe('invalid_request');
    });

    test('an acr that cannot be reached is an error at once, and not an endless login', async () => {
      const acr = { essential: true, values: ['urn:example:no-such-class'] };
      for (const wish of [acr, { essential: true, value: 'urn:example:no-such-class' }]) {
        const { params } = await parties().basic.authorize(createBrowser(), asking({ id_token: { acr: wish } }));
        expect(params.get('error')).toBe('unmet_authentication_requirements');
      }
      const voluntary = asking({ id_token: { acr: { values: acr.values } } });
      expect((await parties().basic.login(createBrowser(), voluntary)).claims.acr).not.toBe(acr.values[0]);
    });

    test('a password is not enough where the request demands a stronger class, and enough where it demands less', async () => {
      const { basic } = parties();
      const demanding = (values: string[]): Changes => asking({ id_token: { acr: { essential: true, values } } });
      const browser = createBrowser();
      const login = await basic.login(browser, demanding(['phr', 'urn:common-id:acr:password']));
      expect([login.steps, login.claims.acr]).toEqual([['login', 'consent'], 'urn:common-id:acr:password']);
      expect((await basic.authorize(browser, { ...demanding(['phr']), prompt: 'none' })).params.get('error')).toBe(
        'login_required',
      );
      // The person of the session is led through adding a passkey, and may decline.
      await browser.open(basic.url(demanding(['phr'])).href);
      expect(browser.page.url).toContain('/second-factor');
      const { location } = await browser.submit('/second-factor/cancel', {}, CALLBACK);
      expect(new URL(location ?? '').searchParams.get('error')).toBe('unmet_authentication_requirements');
      const stranger = createBrowser();
      await stranger.open(basic.url(demanding(['phr'])).href);
      expect(mainOf(stranger.page)).toContain('パスキーでのログインが必要です');
    });

    test('a pushed request may have it', async () => {
      const { basic } = parties();
      const verifier = oidc.randomPKCECodeVerifier();
      const pushed = await oidc.buildAuthorizationUrlWithPAR(basic.config, {
        ...Object.fromEntries(basic.url(asking({ id_token: { birthdate: null } })).searchParams),
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      const browser = createBrowser();
      await browser.open(pushed.href, CALLBACK);
      const login = await basic.redeem(await basic.arrive(browser), { pkceCodeVerifier: verifier });
      expect(login.claims.birthdate).toBe('1988-07-21');
    });

    test('マイページ shows the single claims; after the withdrawal the client gets nothing, and has to ask again', async () => {
      const { basic, world } = parties();
      const browser = await fresh();
      const wishes = asking({ userinfo: { birthdate: null, email: null } });
      const login = await basic.login(browser, wishes);
      expect((await browser.open(`${world.origins.id}/account`)).text).toContain('生年月日、メールアドレス');
      await withdraw(browser);
      await expect(basic.userInfo(login)).rejects.toMatchObject({ status: 401 });
      expect((await browser.open(`${world.origins.id}/account`)).text).not.toContain('生年月日、メールアドレス');
      expect((await basic.login(browser, wishes)).steps).toEqual(['consent']);
    });
  });
}
