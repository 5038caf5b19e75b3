// メールアドレスの変更 over real HTTP and real mail, and its undo from the old address.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createBrowser, type Browser } from '../../support/http-browser.ts';
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
  useService,
  YAMADA,
} from '../account-world.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const LOGIN = 'TOYOTA/LEXUSの共通IDでログイン';
const NEW = 'New.Address@example.jp';

describe('the address of an ID', () => {
  let world: World;
  beforeAll(async () => {
    world = await startAccountWorld();
  }, 30_000);
  afterAll(async () => world.stop());

  const signIn = async (email: string, password = PASSWORD): Promise<string> =>
    headingOf(await openAccount(world, email, { password }));

  async function ask(browser: Browser, email: string): Promise<string> {
    const before = await newestMail(world, email);
    await browser.open(`${world.origins.id}/account/email`);
    await browser.submit('/account/email', { email, current_password: PASSWORD });
    expect(headingOf(browser)).toBe('新しいメールアドレスの確認');
    return /\d{6}/.exec((await nextMail(world, email, '変更の認証番号', before)).subject)?.[0] ?? '';
  }

  async function undoLink(email: string, after = 0): Promise<string> {
    const { text } = await nextMail(world, email, 'メールアドレスが変更されました', after);
    return /http\S+undo\S+/.exec(text)?.[0] ?? '';
  }

  test('is changed only with the current password; mistakes can be corrected on the page', async () => {
    const browser = await openAccount(world, SATO, { path: '/account/email' });
    const refused: [Record<string, string>, string][] = [
      [{ email: 'x', current_password: PASSWORD }, 'メールアドレスの形'],
      [{ email: 'SATO@example.jp', current_password: PASSWORD }, '現在と同じメールアドレス'],
      [{ email: NEW, current_password: '' }, '現在のパスワードを入力'],
      [{ email: NEW, current_password: 'Wrong-one-1' }, '現在のパスワードが違います'],
    ];
    for (const [typed, sentence] of refused) {
      await browser.submit('/account/email', typed);
      expect(browser.page.status).toBe(422);
      expect(mainOf(browser)).toContain(sentence);
      expect(browser.form('/account/email').fields.email).toBe(typed.email);
    }
    expect(await world.messages(NEW)).toEqual([]);
  });

  test('changes once the new address is proven, and not before; other browsers and refresh tokens end; both addresses get a mail', async () => {
    const [here, there] = [await openAccount(world, SATO), await openAccount(world, SATO)];
    const tokens = await useService(world, there, SATO);
    const code = await ask(here, NEW);
    expect(await signIn(SATO)).toBe('マイページ');
    expect(await signIn(NEW)).toBe(LOGIN);

    await here.submit('/code', { code: code === '111111' ? '222222' : '111111' });
    expect(here.page.status).toBe(422);
    const before = await newestMail(world, SATO);
    await here.submit('/code', { code });
    expect(mainOf(here)).toContain('メールアドレスを変更しました');
    expect(mainOf(here)).toContain(NEW);
    expect(await signIn(SATO)).toBe(LOGIN);
    expect(await signIn(NEW.toLowerCase())).toBe('マイページ');
    await there.open(`${world.origins.id}/account`);
    expect(headingOf(there)).toBe(LOGIN);
    expect(await refresh(world, tokens)).toBe(400);
    await nextMail(world, NEW, 'メールアドレスを変更しました');
    expect(await undoLink(SATO, before)).toContain('/account/email/undo?token=');
  });

  test('is changed back from the old address, also after a second change: with a password of the ID and a new one; then nobody is signed in', async () => {
    const link = await undoLink(SATO);
    const thief = await openAccount(world, NEW);
    await thief.submit('/code', { code: await ask(thief, 'thief@example.jp') });
    expect(mainOf(thief)).toContain('thief@example.jp');

    const owner = createBrowser();
    await owner.open(link);
    expect(mainOf(owner)).toContain('thief@example.jp');
    expect(mainOf(owner)).toContain(SATO);
    await owner.submit('/undo', { known_password: PASSWORD, password: 'Back-again-1' });
    expect(headingOf(owner)).toBe('メールアドレスを元に戻しました');
    await thief.open(`${world.origins.id}/account`);
    expect(headingOf(thief)).toBe(LOGIN);
    for (const email of [SATO, NEW, 'thief@example.jp']) expect(await signIn(email)).toBe(LOGIN);
    expect(await signIn(SATO, 'Back-again-1')).toBe('マイページ');

    // The link works only once.
    await owner.open(link);
    expect(owner.page.status).toBe(400);
    // The link to the thief's own address undoes nothing.
    await owner.open(await undoLink(NEW));
    expect(owner.page.status).toBe(400);
  });

  test('can be changed back for 72 hours, and only with the token', async () => {
    const browser = await openAccount(world, YAMADA);
    await browser.submit('/code', { code: await ask(browser, 'moved@example.jp') });
    const link = await undoLink(YAMADA);
    for (const token of ['', 'x', 'x.y', `${new URL(link).searchParams.get('token')}x`]) {
      await browser.open(`${world.origins.id}/account/email/undo?token=${token}`);
      expect(browser.page.status).toBe(400);
      expect(mainOf(browser)).toContain('取り消しは使えません');
    }
    await world.advance(3 * DAY_MS);
    await browser.open(link);
    expect(browser.page.status).toBe(400);
  });

  test('of another ID is not revealed: the page is the same, and its owner gets a mail without a code', async () => {
    const browser = await openAccount(world, 'moved@example.jp', { path: '/account/email' });
    const before = await newestMail(world, SATO);
    await browser.submit('/account/email', { email: SATO, current_password: PASSWORD });
    expect(headingOf(browser)).toBe('新しいメールアドレスの確認');
    expect((await nextMail(world, SATO, 'このメールアドレスの共通IDがあります', before)).text).not.toMatch(/\d{6}/);
    await browser.submit('/code', { code: '123456' });
    expect(browser.page.status).toBe(422);
  });

  test('a code proves only the address that was requested last', async () => {
    await world.advance(DAY_MS);
    const browser = await openAccount(world, 'moved@example.jp');
    const first = await ask(browser, 'first@example.jp');
    const second = await ask(browser, 'second@example.jp');
    if (first !== second) {
      await browser.submit('/code', { code: first });
      expect(browser.page.status).toBe(422);
    }
    await browser.submit('/code', { code: second });
    expect(mainOf(browser)).toContain('second@example.jp');
  });

  test('cannot be taken over by requesting codes all day', async () => {
    await world.advance(DAY_MS);
    const browser = await openAccount(world, 'second@example.jp');
    let status = 303;
    for (let n = 0; n < 11; n += 1) {
      await browser.open(`${world.origins.id}/account/email`);
      status = (await browser.post('/account/email', { email: `a${n}@example.jp`, current_password: PASSWORD })).status;
      if (n < 10) expect(status).toBe(303);
    }
    expect(status).toBe(429);
  });
});
