// Forgotten user ID and forgotten password, with real mail.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createBrowser, formOn, headingOf, mainOf, type Answer, type Browser } from '../../support/http-browser.ts';
import { startSite, type TestSite } from './start-site.ts';

const MINUTE_MS = 60_000;

let site: TestSite;
let browser: Browser;

beforeEach(async () => {
  site = await startSite();
  browser = createBrowser();
});

afterEach(() => site.close());

async function ask(page: string, fields: Record<string, string>): Promise<Answer> {
  return browser.submit(formOn(await browser.open(`${site.origin}${page}`), page), fields);
}

function linkIn(text: string | undefined): string {
  return /http:\/\/\S+/.exec(text ?? '')?.[0] ?? '';
}

test('mails the user ID to the registered address, in any letter case', async () => {
  const answer = await ask('/forgotten-id', { email: ' Tanaka@Example.JP ' });
  expect(headingOf(answer)).toBe('メールをご確認ください');
  const [mail] = await site.mailsArrived(1);
  expect(mail?.to?.[0]?.address).toBe('tanaka@example.jp');
  expect(mail?.subject).toBe("【TOYOTA OWNER'S SITE】ユーザーIDのお知らせ");
  expect(mail?.text).toMatch(/^tanaka$/m);
  expect(mail?.text).toContain('田中 太郎 様');
  expect(mail?.html).toContain('>tanaka<');
  expect(mail?.headers.find(({ key }) => key === 'auto-submitted')?.value).toBe('auto-generated');
});

test('answers an unknown address or user ID like a known one, and mails nothing', async () => {
  const known = await ask('/forgotten-id', { email: 'tanaka@example.jp' });
  const unknown = await ask('/forgotten-id', { email: 'nobody@example.jp' });
  expect(unknown.text.replace(/csrf_token" value="[^"]*"/, '')).toBe(known.text.replace(/csrf_token" value="[^"]*"/, ''));
  const withMail = await ask('/forgotten-password', { user_id: 'sato' });
  // suzuki has no address.
  for (const userId of ['nobody', 'suzuki']) {
    const without = await ask('/forgotten-password', { user_id: userId });
    expect([without.status, without.url, mainOf(without)]).toEqual([withMail.status, withMail.url, mainOf(withMail)]);
  }
  const mails = await site.mailsArrived(2);
  expect(new Set(mails.map(({ to }) => to?.[0]?.address))).toEqual(new Set(['sato@example.jp', 'tanaka@example.jp']));
});

test.each(['', 'tanaka', 'a@b@c', 'a b@example.jp', `${'x'.repeat(250)}@example.jp`, 'a@example.jp\r\nBcc: x@example.jp'])(
  'refuses %j as an address',
  async (email) => {
    const answer = await ask('/forgotten-id', { email });
    expect(answer.status).toBe(422);
    expect(mainOf(answer)).toContain('メールアドレスの形式が正しくありません（例：name@example.jp）。もう一度ご確認ください。');
  },
);

test('sets a new password with the mailed link, once, and signs out everywhere', async () => {
  const elsewhere = (await site.signIn('tanaka')).browser;
  await ask('/forgotten-password', { user_id: 'tanaka' });
  const [mail] = await site.mailsArrived(1);
  const link = linkIn(mail?.text);
  expect(link).toMatch(new RegExp(`^${site.origin}/reset-password/[\\w-]{43}$`));

  const form = await browser.open(link);
  const path = new URL(link).pathname;
  expect(headingOf(form)).toBe('新しいパスワードの設定');
  const answer = await browser.submit(formOn(form, path), { password: 'better-2027' });
  expect(headingOf(answer)).toBe('パスワードを設定しました');
  expect((await elsewhere.send(`${site.origin}/`)).status).toBe(303);

  const login = await browser.open(`${site.origin}/login`);
  expect((await browser.post(formOn(login, '/login'), { user_id: 'tanaka', password: 'owners-2026' })).status).toBe(422);
  expect((await browser.post(formOn(login, '/login'), { user_id: 'tanaka', password: 'better-2027' })).status).toBe(303);
  expect((await site.mailsArrived(2))[1]?.subject).toContain('パスワードを変更しました');

  const again = await browser.open(link);
  expect([again.status, headingOf(again)]).toEqual([404, 'このリンクは使えません']);
});

test('only one of several links used at once sets the password', async () => {
  await ask('/forgotten-password', { user_id: 'tanaka' });
  const link = linkIn((await site.mailsArrived(1))[0]?.text);
  const form = await browser.open(link);
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      browser.post(formOn(form, new URL(link).pathname), { password: `better-202${index}` }),
    ),
  );
  expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
});

test('a link expires after half an hour, and when a newer one is mailed', async () => {
  await ask('/forgotten-password', { user_id: 'tanaka' });
  const older = linkIn((await site.mailsArrived(1))[0]?.text);
  await ask('/forgotten-password', { user_id: 'tanaka' });
  const newer = linkIn((await site.mailsArrived(2))[1]?.text);
  expect((await browser.open(older)).status).toBe(404);
  site.advance(29 * MINUTE_MS);
  expect((await browser.open(newer)).status).toBe(200);
  site.advance(2 * MINUTE_MS);
  expect((await browser.open(newer)).status).toBe(404);
});

test.each([
  ['short-1', 'パスワードは8文字以上で入力してください。'],
  ['only-letters', '半角英字と半角数字の両方を使用してください。'],
  [`long-1${'x'.repeat(70)}`, 'パスワードが長すぎます。短くして入力してください。'],
  ['tanaka-2026', 'ユーザーIDを含むパスワードは使用できません。'],
])('refuses %j as a new password and leaves the link alive', async (password, sentence) => {
  await ask('/forgotten-password', { user_id: 'tanaka' });
  const link = linkIn((await site.mailsArrived(1))[0]?.text);
  const answer = await browser.submit(formOn(await browser.open(link), new URL(link).pathname), { password });
  expect(answer.status).toBe(422);
  expect(mainOf(answer)).toContain(sentence);
  expect((await browser.open(link)).status).toBe(200);
});

test('sends one person three mails at most, silently, and refuses an address that asks for too many', async () => {
  for (let times = 0; times < 5; times += 1) await ask('/forgotten-id', { email: 'tanaka@example.jp' });
  await ask('/forgotten-id', { email: 'sato@example.jp' });
  const mails = await site.mailsArrived(4);
  expect(mails.map(({ to }) => to?.[0]?.address).filter((address) => address === 'tanaka@example.jp')).toHaveLength(3);
  // A carrier's address stands for thousands of people: it may ask for 600 mails in an hour (docs/limits.md).
  for (let asked = 6; asked < 599; asked += 1) await ask('/forgotten-id', { email: `x${asked}@example.jp` });
  expect((await ask('/forgotten-id', { email: 'last@example.jp' })).status).toBe(200);
  expect((await ask('/forgotten-id', { email: 'over@example.jp' })).status).toBe(429);
});
