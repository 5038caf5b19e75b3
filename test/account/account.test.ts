// マイページ over real HTTP: what a person sees there, changes and ends.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createBrowser, textOf, type Browser } from '../support/http-browser.ts';
import type { World } from '../support/world.ts';
import {
  headingOf,
  mainOf,
  newestMail,
  nextMail,
  openAccount,
  PASSWORD,
  refresh,
  SATO,
  startAccountWorld,
  userInfoStatus,
  useService,
  YAMADA,
} from './account-world.ts';
import { untilTrue } from '../support/until-true.ts';

const LOGIN = 'TOYOTA/LEXUSの共通IDでログイン';

describe('マイページ', () => {
  let world: World;
  beforeAll(async () => {
    world = await startAccountWorld();
  }, 30_000);
  afterAll(async () => world.stop());

  /** Finds the link on the current page whose address ends with a text. */
  const linkOn = ({ page }: Browser, end: RegExp): string => {
    const found = [...page.text.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => href).find((href) => end.test(href));
    if (!found) throw new Error(`no link ${String(end)} on ${page.url}`);
    return new URL(found, page.url).href;
  };

  test('asks for the login first, and then shows what the ID holds', async () => {
    const browser = createBrowser();
    await browser.open(`${world.origins.id}/account`);
    expect(headingOf(browser)).toBe(LOGIN);
    await browser.submit('/login', { login_id: YAMADA, password: PASSWORD });
    expect(browser.page.url).toBe(`${world.origins.id}/account`);
    expect(browser.page.headers['cache-control']).toBe('no-store');
    const text = mainOf(browser);
    for (const shown of [YAMADA, '山田', 'ユウコ', '1988年7月21日', 'みなとみらい', 'このブラウザー'])
      expect(text).toContain(shown);
    // マイページ is not listed as a service.
    expect(text).toContain('許可しているサービスはありません');
  });

  test('a person who cancels the login is back at the start, and is not asked again', async () => {
    const browser = createBrowser();
    await browser.open(`${world.origins.id}/account`);
    await browser.submit('/cancel');
    expect(browser.page.url).toBe(`${world.origins.id}/`);
  });

  test('the login redirects only to the account pages', async () => {
    const browser = createBrowser();
    for (const state of ['//evil.example', 'https://evil.example', '/account/../x', '/account//evil.example', '/other']) {
      const answer = await browser.send(`${world.origins.id}/account/callback?state=${encodeURIComponent(state)}`);
      expect(answer.location).toBe(`${world.origins.id}/account`);
    }
  });

  test('nobody else can redeem the code of its own login', async () => {
    const browser = await openAccount(world, SATO);
    const answer = await browser.open(`${world.origins.id}/account/callback`);
    expect(answer.status).toBe(200);
    const code = browser.visited.map((url) => new URL(url).searchParams.get('code')).find(Boolean);
    const response = await fetch(`${world.origins.id}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'common-id-account',
        redirect_uri: `${world.origins.id}/account/callback`,
        code: String(code),
        code_verifier: 'v'.repeat(43),
      }),
    });
    expect(response.status).toBe(400);
  });

  test('is shown in English', async () => {
    const browser = await openAccount(world, SATO, { browser: createBrowser({ language: 'en' }) });
    await browser.submit('/login', { login_id: SATO, password: PASSWORD });
    expect(headingOf(browser)).toBe('My page');
    expect(mainOf(browser)).not.toMatch(/account\.|ログイン/);
  });

  test('a person cannot sign somebody else out: their session is not found', async () => {
    const [here] = [await openAccount(world, SATO), await openAccount(world, YAMADA)];
    const others = await openAccount(world, YAMADA);
    const [, href = ''] = /href="(\/account\/sessions\/[\w-]+\/end)"/.exec(others.page.text) ?? [];
    expect(href).not.toBe('');
    await here.open(`${world.origins.id}${href}`);
    expect(headingOf(here)).toBe('マイページ');
    await here.open(`${world.origins.id}/account/email`);
    const { csrf_token: token = '' } = here.form('/account/email').fields;
    const answer = await here.send(`${world.origins.id}${href}`, {
      method: 'POST',
      body: new URLSearchParams({ csrf_token: token }),
    });
    expect(answer.status).toBe(303);
    await others.open(`${world.origins.id}/account`);
    expect(others.page.text).toContain(href);
  });

  describe('お客様情報の編集', () => {
    test('saves the new values, and keeps invalid ones on the page', async () => {
      const browser = await openAccount(world, SATO, { path: '/account/profile' });
      expect(headingOf(browser)).toBe('お客様情報の編集');
      expect(browser.form('/account/profile').fields).toMatchObject({ family_name: '佐藤', postal_code: '530-0001' });
      await browser.submit('/account/profile', { given_name: '', birthdate_year: '1990', phone_number: '12' });
      expect(browser.page.status).toBe(422);
      expect(mainOf(browser)).toContain('名を入力してください');
      expect(mainOf(browser)).toContain('生年月日の年、月、日をすべて');
      expect(browser.form('/account/profile').fields).toMatchObject({ birthdate_year: '1990', phone_number: '12' });
      await browser.submit('/account/profile', {
        given_name: '健一',
        given_name_kana: 'けんいち',
        phone_number: '080-1111-2222',
        birthdate_year: '1990',
        birthdate_month: '2',
        birthdate_day: '3',
        gender: 'male',
      });
      expect(mainOf(browser)).toContain('お客様情報を変更しました');
      for (const shown of ['健一', 'ケンイチ', '080-1111-2222', '1990年2月3日', '男性']) expect(mainOf(browser)).toContain(shown);
    });

    test('a birth date can be corrected but not removed', async () => {
      const browser = await openAccount(world, SATO, { path: '/account/profile' });
      await browser.submit('/account/profile', { birthdate_year: '', birthdate_month: '', birthdate_day: '' });
      expect(browser.page.status).toBe(422);
    });

    test('R13 /.well-known/change-password: leads to the page that changes the password', async () => {
      const browser = await openAccount(world, YAMADA, { path: '/.well-known/change-password' });
      expect(browser.page.url).toBe(`${world.origins.id}/account/password`);
      expect(browser.form('/account/password').fields).toHaveProperty('current_password');
      // Password managers test whether a site tells the truth about paths that do not exist.
      const nowhere = '/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200';
      expect((await browser.send(`${world.origins.id}${nowhere}`)).status).toBe(404);
    });

    test('finds the address of a postal code without JavaScript', async () => {
      const browser = await openAccount(world, SATO, { path: '/account/profile' });
      await browser.submit('/account/profile', { postal_code: '4710826', region: '', locality: '', action: 'find_address' });
      expect(browser.form('/account/profile').fields).toMatchObject({ region: '愛知県', locality: '豊田市' });
    });

    test('a value that is removed from the form is removed from the account', async () => {
      const browser = await openAccount(world, SATO, { path: '/account/profile' });
      await browser.submit('/account/profile', { phone_number: '', gender: '' });
      expect(mainOf(browser)).not.toContain('080-1111-2222');
      expect(mainOf(browser)).not.toContain('男性');
    });
  });

  describe('販売店との連携', () => {
    test("another person's link cannot be ended", async () => {
      const withdrawal = linkOn(await openAccount(world, YAMADA), /\/withdraw$/);
      const sato = await openAccount(world, SATO, { path: '/account/profile' });
      const body = new URLSearchParams({ csrf_token: sato.form('/account/profile').fields.csrf_token ?? '' });
      for (const url of [withdrawal, `${world.origins.id}/account/services/maintenance-notebook/end`]) {
        expect((await sato.send(url)).status).toBe(404);
        expect((await sato.send(url, { method: 'POST', body })).status).toBe(404);
      }
    });

    test('ends: its tokens are revoked, and the dealer is told', async () => {
      const browser = await openAccount(world, YAMADA);
      const tokens = await useService(world, browser, YAMADA);
      expect(await userInfoStatus(world, tokens)).toBe(200);
      await browser.open(`${world.origins.id}/account`);
      expect(mainOf(browser)).toContain('連携しています');
      await browser.open(linkOn(browser, /\/withdraw$/));
      expect(headingOf(browser)).toBe('販売店との連携の解除');
      await browser.submit('/withdraw');
      expect(mainOf(browser)).toContain('販売店との連携を解除しました');
      expect(mainOf(browser)).not.toContain('連携しています');
      expect(await userInfoStatus(world, tokens)).toBe(401);
      expect(await refresh(world, tokens)).toBe(400);
      await untilTrue('the dealer hears of the withdrawal', async () => (await dealerPage()).includes('連携は解除されました'));
    });

    const dealerPage = async (): Promise<string> => textOf(await (await fetch(`${world.origins.dealerSystem}/?lang=ja`)).text());
  });

  describe('ご利用中のサービス', () => {
    test('a person ends the access of a service: its tokens are revoked, and it leaves the page', async () => {
      const browser = await openAccount(world, SATO);
      const tokens = await useService(world, browser, SATO);
      await browser.open(`${world.origins.id}/account`);
      expect(mainOf(browser)).toContain('Test service');
      await browser.open(linkOn(browser, /\/services\/test-service\/end$/));
      await browser.submit('/end');
      expect(mainOf(browser)).toContain('サービスへの許可を取り消しました');
      expect(await userInfoStatus(world, tokens)).toBe(401);
      expect(await refresh(world, tokens)).toBe(400);
      expect(() => linkOn(browser, /\/services\/test-service\/end$/)).toThrow('no link');
      // The service can be used again.
      expect(await userInfoStatus(world, await useService(world, browser, SATO))).toBe(200);
    });
  });

  describe('ログイン中のブラウザー', () => {
    test('a person signs out all other browsers but this one', async () => {
      const [here, there] = [await openAccount(world, SATO), await openAccount(world, SATO)];
      await here.open(`${world.origins.id}/account/sessions/end-others`);
      await here.submit('/end-others');
      expect(mainOf(here)).toContain('ほかのブラウザーからログアウトしました');
      expect(() => linkOn(here, /end-others$/)).toThrow('no link');
      await there.open(`${world.origins.id}/account`);
      expect(headingOf(there)).toBe(LOGIN);
    });

    test('a person signs out this browser; its old cookie no longer works', async () => {
      const browser = await openAccount(world, SATO);
      const copy = browser.copy();
      await browser.open(linkOn(browser, /\/session\/end$/));
      await browser.submit('/confirm', { logout: 'yes' });
      for (const out of [browser, copy]) {
        await out.open(`${world.origins.id}/account`);
        expect(headingOf(out)).toBe(LOGIN);
      }
    });
  });

  describe('パスワードの変更', () => {
    test('requires the current password, and a new one that follows the rule', async () => {
      const browser = await openAccount(world, YAMADA, { path: '/account/password' });
      const refused: [Record<string, string>, string][] = [
        [{ current_password: '', password: 'Brand-new-1' }, '現在のパスワードを入力してください'],
        [{ current_password: 'Wrong-one-1', password: 'Brand-new-1' }, '現在のパスワードが違います'],
        [{ current_password: PASSWORD, password: 'short' }, '8文字以上'],
        [{ current_password: PASSWORD, password: 'yamada1988' }, '推測されるおそれがあります'],
        [{ current_password: PASSWORD, password: PASSWORD }, '現在のパスワードと違うもの'],
      ];
      for (const [typed, sentence] of refused) {
        await browser.submit('/account/password', typed);
        expect(browser.page.status).toBe(422);
        expect(mainOf(browser)).toContain(sentence);
        expect(browser.page.text).not.toContain('Brand-new-1');
      }
    });

    test('ends the other browsers and every refresh token; this browser stays signed in, and the owner gets a mail', async () => {
      const [here, there] = [await openAccount(world, YAMADA), await openAccount(world, YAMADA)];
      const tokens = await useService(world, there, YAMADA);
      const before = await newestMail(world, YAMADA);
      await world.advance(2000);
      await here.open(`${world.origins.id}/account/password`);
      await here.submit('/account/password', { current_password: PASSWORD, password: 'Brand-new-1' });
      expect(mainOf(here)).toContain('パスワードを変更しました');
      await nextMail(world, YAMADA, 'パスワードが変更されました', before);
      expect(await refresh(world, tokens)).toBe(400);
      expect(await userInfoStatus(world, tokens)).toBe(401);
      await there.open(`${world.origins.id}/account`);
      expect(headingOf(there)).toBe(LOGIN);
      await here.open(`${world.origins.id}/account`);
      expect(headingOf(here)).toBe('マイページ');
      expect(await userInfoStatus(world, await useService(world, here, YAMADA))).toBe(200);
    });

    test('a login that began with the old password gets no code', async () => {
      const late = createBrowser();
      await late.open(`${world.origins.id}/account`);
      // The password was correct, but the browser has not followed the redirect yet.
      const answer = await late.post('/login', { login_id: YAMADA, password: 'Brand-new-1' });
      await world.advance(2000);
      const here = await openAccount(world, YAMADA, { password: 'Brand-new-1', path: '/account/password' });
      await here.submit('/account/password', { current_password: 'Brand-new-1', password: 'Brand-new-2' });
      await late.open(String(answer.location));
      expect(headingOf(late)).toBe(LOGIN);
    });
  });

  test('a form without its token, or from a signed-out browser, changes nothing', async () => {
    const browser = await openAccount(world, SATO);
    for (const path of ['/account/profile', '/account/password', '/account/sessions/end-others']) {
      const forged = await browser.send(`${world.origins.id}${path}`, { method: 'POST', body: new URLSearchParams({ a: 'b' }) });
      expect(forged.status).toBe(403);
    }
    expect((await browser.send(`${world.origins.id}/account`, { method: 'DELETE' })).status).toBe(405);
    const nobody = createBrowser();
    await nobody.open(`${world.origins.id}/password/forgotten`);
    const { csrf_token: token = '' } = nobody.form('/password/forgotten').fields;
    const answer = await nobody.send(`${world.origins.id}/account/sessions/end-others`, {
      method: 'POST',
      body: new URLSearchParams({ csrf_token: token }),
    });
    expect(answer.status).toBe(303);
    expect(answer.location).toContain('/auth?');
  });

  test('the history lists the sign-ins of 90 days, and one of several browsers can be signed out', async () => {
    const phone = createBrowser({
      headers: { 'User-Agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1' },
    });
    await openAccount(world, SATO, { browser: phone });
    const here = await openAccount(world, SATO);
    await here.open(`${world.origins.id}/account/history`);
    expect(mainOf(here)).toContain('Safari / iPhone');
    expect(mainOf(here)).toContain('マイページ パスワード');
    const browsersBefore = await here.open(`${world.origins.id}/account`);
    const ends = [...browsersBefore.text.matchAll(/href="(\/account\/sessions\/[\w-]+\/end)"/g)].map(([, href = '']) => href);
    for (const href of ends) {
      await here.open(`${world.origins.id}${href}`);
      await here.submit('/end');
      expect(mainOf(here)).toContain('そのブラウザーからログアウトしました');
    }
    await phone.open(`${world.origins.id}/account`);
    expect(headingOf(phone)).toBe(LOGIN);
    await here.open(`${world.origins.id}/account`);
    expect(headingOf(here)).toBe('マイページ');
    // A session that is not there.
    await here.open(`${world.origins.id}/account/sessions/somebody-elses/end`);
    expect(headingOf(here)).toBe('マイページ');
  });

  test('a login form that is pressed twice is one sign-in in the history', async () => {
    const browser = createBrowser({ headers: { 'User-Agent': 'Mozilla/5.0 (X11; CrOS x86_64) Firefox/140.0' } });
    await browser.open(`${world.origins.id}/account`);
    const [form, typed] = [browser.form('/login'), { login_id: SATO, password: PASSWORD }];
    const answers = await Promise.all([browser.copy(), browser.copy()].map(async (tab) => tab.post(form, typed)));
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    await browser.submit('/login', typed);
    await browser.open(`${world.origins.id}/account/history`);
    expect(mainOf(browser).split('Firefox / ChromeOS')).toHaveLength(2);
  });
});
