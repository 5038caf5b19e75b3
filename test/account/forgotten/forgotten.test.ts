// パスワードを忘れた方 over real HTTP and real mail: what it does, and what it must not reveal.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createBrowser, textOf, type Browser } from '../../support/http-browser.ts';
import type { World } from '../../support/world.ts';
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
} from '../account-world.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const BIRTHDATE = { birthdate_year: '1988', birthdate_month: '7', birthdate_day: '21' };
const CODE_MAIL = '再設定の認証番号';
const CHANGED_MAIL = 'パスワードが変更されました';
const PAUSED_MAIL = '再設定を停止しています';
const WRONG = '生年月日が違うか';
const DEAD = 'この認証番号は使えなくなりました';
const OVER = '入力できる回数を超えました';

describe('a forgotten password', () => {
  let world: World;
  beforeAll(async () => {
    world = await startAccountWorld();
  }, 30_000);
  afterAll(async () => world.stop());

  /** Requests a code. Returns the browser at the next page. */
  async function ask(email: string, browser = createBrowser()): Promise<Browser> {
    await browser.open(`${world.origins.id}/password/forgotten`);
    await browser.submit('/password/forgotten', { email });
    return browser;
  }

  /** The same for an address that has an ID. Also returns the code. */
  async function askAndRead(email: string): Promise<{ browser: Browser; code: string }> {
    const before = await newestMail(world, email);
    const browser = await ask(email);
    const { subject } = await nextMail(world, email, CODE_MAIL, before);
    return { browser, code: /\d{6}/.exec(subject)?.[0] ?? '' };
  }

  /** A code that was never sent. */
  const wrongCode = (code: string): string => (code === '111111' ? '222222' : '111111');

  test('is reset: sessions and tokens of the old password end, nobody is signed in, and the owner gets a mail', async () => {
    const signedIn = await openAccount(world, YAMADA);
    expect(headingOf(signedIn)).toBe('マイページ');
    const tokens = await useService(world, signedIn, YAMADA);
    expect(await userInfoStatus(world, tokens)).toBe(200);

    const { browser, code } = await askAndRead(YAMADA);
    expect(headingOf(browser)).toBe('ご本人さまの確認');
    await browser.submit('/code', { code, ...BIRTHDATE });
    expect(headingOf(browser)).toBe('新しいパスワードの設定');

    await browser.submit('/new', { password: 'short1' });
    expect(browser.page.status).toBe(422);
    await browser.submit('/new', { password: 'yamada1988' });
    expect(mainOf(browser)).toContain('推測されるおそれがあります');
    const before = await newestMail(world, YAMADA);
    await browser.submit('/new', { password: 'Forgotten-99' });
    expect(headingOf(browser)).toBe('パスワードを再設定しました');
    expect((await nextMail(world, YAMADA, CHANGED_MAIL, before)).text).toContain('/password/forgotten');

    expect(await userInfoStatus(world, tokens)).toBe(401);
    expect(await refresh(world, tokens)).toBe(400);
    await signedIn.open(`${world.origins.id}/account`);
    expect(headingOf(signedIn)).toBe('TOYOTA/LEXUSの共通IDでログイン');
    await browser.open(`${world.origins.id}/account`);
    expect(headingOf(browser)).toBe('TOYOTA/LEXUSの共通IDでログイン');
    await browser.submit('/login', { login_id: YAMADA, password: PASSWORD });
    expect(browser.page.status).toBe(422);
    await browser.submit('/login', { login_id: YAMADA, password: 'Forgotten-99' });
    expect(headingOf(browser)).toBe('マイページ');
  });

  test('can be reset by an owner without a birth date, with any date in the form', async () => {
    const { browser, code } = await askAndRead(SATO);
    await browser.submit('/code', { code, ...BIRTHDATE });
    expect(headingOf(browser)).toBe('新しいパスワードの設定');
  });

  test('leads back to the login page from which the person came', async () => {
    const browser = createBrowser();
    await browser.open(`${world.origins.id}/account/profile`);
    const login = browser.page.url;
    const link = /href="(\/password\/forgotten[^"]*)"/.exec(browser.page.text)?.[1] ?? '';
    await browser.open(`${world.origins.id}${link}`);
    const before = await newestMail(world, SATO);
    await browser.submit('/password/forgotten', { email: SATO });
    const { subject } = await nextMail(world, SATO, CODE_MAIL, before);
    await browser.submit('/code', { code: /\d{6}/.exec(subject)?.[0] ?? '' });
    await browser.submit('/new', { password: 'Remember-1' });
    expect(browser.page.text).toContain(`href="${new URL(login).pathname}"`);
    await browser.open(login);
    await browser.submit('/login', { login_id: SATO, password: 'Remember-1' });
    expect(headingOf(browser)).toBe('お客様情報の編集');
  });

  test('leads to My page if the login page has ended with its session', async () => {
    await world.advance(DAY_MS);
    const browser = await openAccount(world, SATO, { password: 'Remember-1' });
    await browser.open(`${world.origins.id}/auth?${loginAgain()}`);
    const link = /href="(\/password\/forgotten[^"]*)"/.exec(browser.page.text)?.[1] ?? '';
    await browser.open(`${world.origins.id}${link}`);
    expect(browser.page.text).toMatch(/href="\/interaction\/[^"]+\/login"/);
    const before = await newestMail(world, SATO);
    await browser.submit('/password/forgotten', { email: SATO });
    const { subject } = await nextMail(world, SATO, CODE_MAIL, before);
    await browser.submit('/code', { code: /\d{6}/.exec(subject)?.[0] ?? '' });
    await browser.submit('/new', { password: 'Remember-1' });
    expect(headingOf(browser)).toBe('パスワードを再設定しました');
    expect(browser.page.text).toContain('href="/account"');
  });

  /** An authorization request that asks for the password although somebody is signed in. */
  const loginAgain = (): string =>
    new URLSearchParams({
      client_id: 'common-id-account',
      response_type: 'code',
      scope: 'openid',
      redirect_uri: `${world.origins.id}/account/callback`,
      code_challenge: 'c'.repeat(43),
      code_challenge_method: 'S256',
      prompt: 'login',
    }).toString();

  test('never leads elsewhere, with any return address', async () => {
    const browser = createBrowser();
    for (const interaction of ['//evil.example', 'https://evil.example/', '../../x', 'unknown', '%0d%0aX: y']) {
      await browser.open(`${world.origins.id}/password/forgotten?interaction=${encodeURIComponent(interaction)}`);
      expect(browser.page.status).toBe(200);
      expect(browser.page.text).not.toMatch(/href="(?!\/password)[^"]*evil|name="interaction"|href="[^"]*\/login/);
    }
  });

  test('reveals nothing about an address: the pages are the same to the byte, and only an owner gets a mail', async () => {
    const pages = async (email: string): Promise<string[]> => {
      const browser = await ask(email);
      const [asked] = [browser.page.text];
      await browser.submit('/code', { code: '000000', ...BIRTHDATE });
      return [asked, browser.page.text].map((text) =>
        text.replaceAll(email, 'ADDRESS').replace(/name="csrf_token" value="[^"]+"/g, ''),
      );
    };
    const known = await pages(YAMADA);
    expect(await pages('nobody@example.jp')).toEqual(known);
    expect(await world.messages('nobody@example.jp')).toEqual([]);
  });

  test('a correct code with a wrong birth date counts, five times a day, and the page does not say which of the two was wrong', async () => {
    await world.advance(DAY_MS);
    const tries = async (browser: Browser, typed: Record<string, string>[]): Promise<void> => {
      for (const one of typed) {
        await browser.submit('/code', one);
        expect(browser.page.status).toBe(422);
        expect(mainOf(browser)).toContain(WRONG);
      }
    };
    // A wrong code uses up only the code.
    const burned = await askAndRead(YAMADA);
    await tries(burned.browser, Array(4).fill({ code: wrongCode(burned.code), ...BIRTHDATE }));
    for (const code of [wrongCode(burned.code), burned.code]) {
      await burned.browser.submit('/code', { code, ...BIRTHDATE });
      expect(mainOf(burned.browser)).toContain(DEAD);
    }

    const { browser, code } = await askAndRead(YAMADA);
    await tries(browser, [
      { code, ...BIRTHDATE, birthdate_day: '22' },
      { code },
      { code, ...BIRTHDATE, birthdate_month: '8' },
      { code, ...BIRTHDATE, birthdate_day: '1' },
    ]);
    await browser.submit('/code', { code, ...BIRTHDATE, birthdate_year: '1989' });
    expect(mainOf(browser)).toContain(OVER);

    const before = await newestMail(world, YAMADA);
    const again = await ask(YAMADA);
    const paused = await nextMail(world, YAMADA, PAUSED_MAIL, before);
    expect(paused.text).not.toMatch(/\d{6}/);
    expect(headingOf(again)).toBe('ご本人さまの確認');
    // The login still works.
    expect(headingOf(await openAccount(world, YAMADA, { password: 'Forgotten-99' }))).toBe('マイページ');

    await world.advance(DAY_MS);
    const next = await askAndRead(YAMADA);
    await next.browser.submit('/code', { code: next.code, ...BIRTHDATE });
    expect(headingOf(next.browser)).toBe('新しいパスワードの設定');
  });

  test('an invalid code or date uses up no attempt', async () => {
    await world.advance(DAY_MS);
    const { browser, code } = await askAndRead(YAMADA);
    for (let n = 0; n < 6; n += 1) {
      await browser.submit('/code', { code: '12', ...BIRTHDATE });
      await browser.submit('/code', { code, ...BIRTHDATE, birthdate_month: '13' });
      expect(browser.page.text).toContain('value="1988"');
    }
    await browser.submit('/code', { code, ...BIRTHDATE });
    expect(headingOf(browser)).toBe('新しいパスワードの設定');
  });

  test('several resets of one address exist side by side, each with its own code', async () => {
    await world.advance(DAY_MS);
    const older = await askAndRead(SATO);
    const newer = await askAndRead(SATO);
    await newer.browser.submit('/code', { code: older.code === newer.code ? wrongCode(older.code) : older.code });
    expect(mainOf(newer.browser)).toContain(WRONG);
    for (const { browser, code } of [older, newer]) {
      await browser.submit('/code', { code });
      expect(headingOf(browser)).toBe('新しいパスワードの設定');
    }
    // One new password ends the other resets.
    await older.browser.submit('/new', { password: 'Remember-1' });
    await newer.browser.submit('/new', { password: 'Remember-2' });
    expect(headingOf(newer.browser)).toBe('パスワードの再設定');
  });

  test('a new code replaces the first one, after a minute at the earliest', async () => {
    await world.advance(DAY_MS);
    const { browser, code } = await askAndRead(SATO);
    const early = await browser.copy().submit('/code/resend');
    expect(early.status).toBe(429);
    expect(Number(early.headers['retry-after'])).toBeGreaterThan(0);
    await world.advance(61_000);
    const before = await newestMail(world, SATO);
    await browser.submit('/code/resend');
    const { subject } = await nextMail(world, SATO, CODE_MAIL, before);
    const [second = ''] = /\d{6}/.exec(subject) ?? [];
    if (second !== code) {
      await browser.submit('/code', { code });
      expect(mainOf(browser)).toContain(WRONG);
    }
    await browser.submit('/code', { code: second });
    expect(headingOf(browser)).toBe('新しいパスワードの設定');
  });

  test('a code works only in the browser that requested it, and for ten minutes', async () => {
    await world.advance(DAY_MS);
    const { browser, code } = await askAndRead(SATO);
    const other = createBrowser();
    await other.open(`${world.origins.id}/password/forgotten/code`);
    expect(headingOf(other)).toBe('パスワードの再設定');
    await world.advance(10 * 60_000);
    await browser.submit('/code', { code });
    expect(mainOf(browser)).toContain(WRONG);
  });

  test('20 parallel requests with the correct code prove it once, and 20 new passwords set one', async () => {
    await world.advance(DAY_MS);
    const { browser, code } = await askAndRead(SATO);
    const form = browser.form('/code');
    await Promise.all(Array.from({ length: 20 }, async () => browser.copy().post(form, { code })));
    await browser.open(`${world.origins.id}/password/forgotten/new`);
    expect(headingOf(browser)).toBe('新しいパスワードの設定');
    const set = browser.form('/new');
    const before = await newestMail(world, SATO);
    await Promise.all(Array.from({ length: 20 }, async (_, n) => browser.copy().post(set, { password: `Parallel-${100 + n}` })));
    await nextMail(world, SATO, CHANGED_MAIL, before);
    const notices = (await world.messages(SATO)).filter(({ id, subject }) => id > before && subject.includes(CHANGED_MAIL));
    expect(notices).toHaveLength(1);
    // The permission to set a password is used up.
    const late = await browser.post(set, { password: 'Too-late-1' });
    expect(late.status).toBe(303);
    expect(await openAccount(world, SATO, { password: 'Too-late-1' }).then(headingOf)).not.toBe('マイページ');
  });

  test('can be reset three times a day', async () => {
    await world.advance(DAY_MS);
    for (const password of ['First-time-1', 'Second-time-2', 'Third-time-3']) {
      const { browser, code } = await askAndRead(SATO);
      await browser.submit('/code', { code });
      await browser.submit('/new', { password });
      expect(headingOf(browser)).toBe('パスワードを再設定しました');
      await world.advance(1000);
    }
    const before = await newestMail(world, SATO);
    await ask(SATO);
    expect((await nextMail(world, SATO, PAUSED_MAIL, before)).text).not.toMatch(/\d{6}/);
  });

  test('a wrong address can be corrected on the page, and pages out of order lead to the current one', async () => {
    const browser = await ask('no address');
    expect(browser.page.status).toBe(422);
    expect(browser.page.text).toContain('value="no address"');
    for (const path of ['code', 'new', 'done']) {
      await browser.open(`${world.origins.id}/password/forgotten/${path}`);
      expect(headingOf(browser)).toBe('パスワードの再設定');
    }
    const forged = await browser.send(`${world.origins.id}/password/forgotten/new`, {
      method: 'POST',
      body: new URLSearchParams({ password: 'Forged-pass-1' }),
    });
    expect(forged.status).toBe(403);
    expect(textOf(forged.text)).toContain('もう一度操作してください');
  });
});
