// ① Login, its session, and the logout.
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createBrowser, formOn, headingOf, mainOf } from '../../support/http-browser.ts';
import { startSite, type TestSite } from './start-site.ts';

const MINUTE_MS = 60_000;
const ISSUER = 'http://127.0.0.1:9';
const WRONG = 'ユーザーIDまたはパスワードが正しくありません。';

let site: TestSite;

beforeEach(async () => {
  site = await startSite();
});

afterEach(() => site.close());

test('shows the texts of the guide', async () => {
  const page = await createBrowser().open(`${site.origin}/login`);
  expect(headingOf(page)).toBe('ログイン');
  for (const words of [
    'ユーザーID',
    'パスワード',
    'パスワードの入力につきましては、I(大文字のアイ)とl(小文字のエル)等お間違えないようご入力ください。',
    '次回からユーザーIDの入力を省略',
    'セキュリティ保持のため、手元に控えていただくか、ご自分で覚えていただくことをお勧めします。',
    'このページでご入力いただいた情報は、SSLで保護され送信されます。',
    'ユーザーIDを忘れた方',
    'パスワードを忘れた方',
  ]) {
    expect(mainOf(page)).toContain(words);
  }
});

test.each([
  ['tanaka', '田中 太郎'],
  ['suzuki', '鈴木 花子'],
  ['sato', '佐藤 健'],
  ['yamada', '山田 優子'],
  ['ito', '伊藤 誠'],
])('signs %s in and greets them', async (userId, name) => {
  const { home } = await site.signIn(userId);
  expect(home.url).toBe(`${site.origin}/`);
  expect(mainOf(home)).toContain(`ようこそ ${name} 様`);
  expect(mainOf(home)).toContain(`${name} 様へのお知らせ`);
});

test('a login that the common ID starts leads to the migration, and nowhere else (OpenID Connect Core 1.0, section 4)', async () => {
  const browser = createBrowser();
  const start = async (params: Record<string, string>) =>
    browser.open(`${site.origin}/common-id?${new URLSearchParams({ iss: ISSUER, ...params }).toString()}`);
  const target_link_uri = `${site.origin}/booking?from=id`;
  const asked = await start({ target_link_uri });
  expect(new URL(asked.url).pathname).toBe('/login');
  // A wrong password does not lose where the login came from.
  await browser.submit('/login', { user_id: 'tanaka', password: 'wrong' });
  await browser.submit('/login', { user_id: 'tanaka', password: 'owners-2026' });
  expect(browser.page.url).toBe(`${site.origin}/migration`);
  expect((await start({ target_link_uri })).url).toBe(`${site.origin}/migration`);
  expect((await start({ iss: 'https://evil.example', target_link_uri })).url).toBe(`${site.origin}/`);

  const database = new DatabaseSync(join(site.directory, 'owners-site.sqlite'));
  database.exec("INSERT INTO migrations (user_id, way, completed_at) SELECT id, 'new', 1 FROM users WHERE id = 'tanaka'");
  database.close();
  expect((await start({ target_link_uri })).url).toBe(target_link_uri);
  for (const elsewhere of ['https://evil.example/', `${site.origin}//evil.example/`, 'javascript:alert(1)'])
    expect((await start({ target_link_uri: elsewhere })).url).toBe(`${site.origin}/`);
});

test('accepts the user ID in full width, with capitals and spaces; the password only exactly', async () => {
  const browser = createBrowser();
  const login = await browser.open(`${site.origin}/login`);
  const home = await browser.submit(formOn(login, '/login'), { user_id: ' ＴＡＮＡＫＡ ', password: 'owners-2026' });
  expect(headingOf(home)).toBe('トップページ');

  const other = createBrowser();
  const refused = await other.submit(formOn(await other.open(`${site.origin}/login`), '/login'), {
    user_id: 'tanaka',
    password: 'Owners-2026',
  });
  expect(refused.status).toBe(422);
});

test('answers an unknown user ID and a wrong password alike, and keeps the input except the password', async () => {
  const browser = createBrowser();
  const login = await browser.open(`${site.origin}/login`);
  const wrong = await browser.submit(formOn(login, '/login'), { user_id: 'tanaka', password: 'wrong-2026', remember: 'yes' });
  const unknown = await browser.submit(formOn(login, '/login'), { user_id: 'nobody', password: 'wrong-2026', remember: 'yes' });
  expect(wrong.status).toBe(422);
  expect(mainOf(wrong)).toContain(WRONG);
  expect(wrong.text).toContain('value="tanaka"');
  expect(wrong.text).not.toContain('wrong-2026');
  expect(unknown.text.replaceAll('nobody', 'tanaka')).toBe(wrong.text);
});

test('names the empty field', async () => {
  const browser = createBrowser();
  const answer = await browser.submit(formOn(await browser.open(`${site.origin}/login`), '/login'), {
    user_id: '',
    password: '',
  });
  expect(answer.status).toBe(422);
  expect(mainOf(answer)).toContain('ユーザーIDを入力してください。');
  expect(mainOf(answer)).toContain('パスワードを入力してください。');
});

test('refuses a password that differs only after the 72 bytes of bcrypt', async () => {
  const browser = createBrowser();
  const login = await browser.open(`${site.origin}/login`);
  const answer = await browser.submit(formOn(login, '/login'), { user_id: 'tanaka', password: `owners-2026${'x'.repeat(5000)}` });
  expect(answer.status).toBe(422);
});

test('slows wrong passwords down, also parallel ones, and lets the owner in after the wait', async () => {
  const browser = createBrowser();
  const login = await browser.open(`${site.origin}/login`);
  const tried = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      browser.post(formOn(login, '/login'), { user_id: 'tanaka', password: `wrong-${index}` }),
    ),
  );
  expect(tried.filter(({ status }) => status === 422)).toHaveLength(5);
  const slowed = tried.find(({ status }) => status === 429);
  expect(Number(slowed?.headers['retry-after'])).toBeGreaterThan(0);

  const right = { user_id: 'tanaka', password: 'owners-2026' };
  expect((await browser.post(formOn(login, '/login'), right)).status).toBe(429);
  site.advance(MINUTE_MS);
  expect((await browser.post(formOn(login, '/login'), right)).status).toBe(303);
});

test('refuses a post without the form token', async () => {
  const body = new URLSearchParams({ user_id: 'tanaka', password: 'owners-2026' });
  const answer = await createBrowser().send(`${site.origin}/login`, { method: 'POST', body });
  expect(answer.status).toBe(403);
});

test('starts a new session at each login, and the old tokens no longer work', async () => {
  const { browser } = await site.signIn('tanaka');
  const names = ['owners-site.session', 'owners-site.session.sig'] as const;
  const first = names.map((name) => browser.cookies.get(name) ?? '');
  const home = await browser.open(`${site.origin}/`);
  await browser.submit(formOn(home, '/logout'));

  const thief = createBrowser();
  names.forEach((name, index) => thief.cookies.set(name, first[index] ?? ''));
  expect((await thief.send(`${site.origin}/`)).headers.location).toBe('/login');

  await site.signIn('tanaka', browser);
  expect(browser.cookies.get('owners-site.session')).not.toBe(first[0]);
});

test('ends a session that is idle for two hours, and any session after twelve', async () => {
  const { browser } = await site.signIn('tanaka');
  for (let hours = 0; hours < 11; hours += 1) {
    site.advance(60 * MINUTE_MS);
    expect((await browser.send(`${site.origin}/`)).status).toBe(200);
  }
  site.advance(61 * MINUTE_MS);
  expect((await browser.send(`${site.origin}/`)).status).toBe(303);

  const other = (await site.signIn('sato')).browser;
  site.advance(121 * MINUTE_MS);
  expect((await other.send(`${site.origin}/`)).status).toBe(303);
});

test('fills in the user ID on the next visit if the person wished it, and keeps it out of the cookies', async () => {
  const browser = createBrowser();
  const login = await browser.open(`${site.origin}/login`);
  const home = await browser.submit(formOn(login, '/login'), { user_id: 'tanaka', password: 'owners-2026', remember: 'yes' });
  expect([...browser.cookies].join()).not.toMatch(/tanaka|example/);
  await browser.submit(formOn(home, '/logout'));
  const again = await browser.open(`${site.origin}/login`);
  expect(again.text).toMatch(/name="user_id" value="tanaka"/);
  expect(again.text).toMatch(/name="remember" value="yes" checked/);

  const { fields, ...form } = formOn(again, '/login');
  const { remember: _, ...unticked } = fields;
  await browser.submit({ ...form, fields: unticked }, { user_id: 'tanaka', password: 'owners-2026' });
  await browser.submit(formOn(await browser.open(`${site.origin}/`), '/logout'));
  expect((await browser.open(`${site.origin}/login`)).text).toMatch(/name="user_id" value=""/);
});

test('stores neither tokens nor passwords in a usable form', async () => {
  const { browser } = await site.signIn('tanaka');
  const database = new DatabaseSync(join(site.directory, 'owners-site.sqlite'), { readOnly: true });
  const dump = JSON.stringify([
    ...database.prepare('SELECT * FROM sessions').all(),
    ...database.prepare('SELECT * FROM users').all(),
  ]);
  database.close();
  expect(dump).not.toContain(browser.cookies.get('owners-site.session'));
  expect(dump).not.toContain('owners-2026');
});

test('sends signed-out visitors to the login, and shows a page for an unknown path', async () => {
  for (const path of ['/', '/booking', '/migration', '/migration/completed', '/notices/1']) {
    const answer = await createBrowser().send(`${site.origin}${path}`);
    expect([answer.status, answer.headers.location]).toEqual([303, '/login']);
  }
  expect((await createBrowser().open(`${site.origin}/nowhere`)).status).toBe(404);
  expect((await createBrowser().open(`${site.origin}/logout`)).url).toBe(`${site.origin}/login`);
});

test('shows a person their own notices, and marks those that were read', async () => {
  const { browser, home } = await site.signIn('tanaka');
  expect(home.text).toContain('<summary>ほかのお知らせを見る</summary>');
  const notice = /href="(\/notices\/\d+)"/.exec(home.text)?.[1] ?? '';
  const unread = (html: string): number => html.split('未読').length - 1;
  expect(unread(home.text)).toBe(3);
  expect(mainOf(await browser.open(`${site.origin}${notice}`))).toContain('定期点検');
  expect(unread((await browser.open(`${site.origin}/`)).text)).toBe(2);

  const other = (await site.signIn('sato')).browser;
  expect((await other.open(`${site.origin}${notice}`)).status).toBe(404);
});

test('is English for browsers that prefer it', async () => {
  const { home } = await site.signIn('tanaka', createBrowser({ language: 'en' }));
  expect(headingOf(home)).toBe('Home');
});
