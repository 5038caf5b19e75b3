// The operations console over the real operations API: one walk of a support agent, who is also the auditor; and the same pages in Chromium.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { App } from '../../attacks/support/second-factor.ts';
import { createVisitor } from '../../browser/visitor.ts';
import { DEMO_PASSWORD } from '../../journeys/traveller.ts';
import { launchChromium } from '../../support/chromium.ts';
import { createBrowser, headingOf, textOf, type Browser } from '../../support/http-browser.ts';
import { signInOperator } from '../../support/sign-in-operator.ts';
import { startWorld, type World } from '../../support/world.ts';

jest.setTimeout(90_000);

const CUSTOMER = 'yamada@example.jp';
const REASON = 'C-1024 cannot sign in';
/** Every page in every width takes a while. */
const IS_FULL = Boolean(process.env['FULL_FIGURES']);
const HOUR_MS = 60 * 60 * 1000;

let world: World;
let desk: string;
let browser: Browser;
let app: App;
beforeAll(async () => {
  world = await startWorld({ apps: ['mailbox', 'id', 'console'] });
  desk = world.origins.operationsConsole;
  browser = createBrowser();
  app = await signInOperator(world, browser, Date.now());
});
afterAll(async () => world?.stop());

const shown = (): string => textOf(browser.page.text);
const idOnPage = (): string => /\/people\/([\w-]+)/.exec(browser.page.url)?.[1] ?? '';

/** Finds the customer, as an agent on the telephone does. */
async function find(identifier = CUSTOMER, reason = REASON): Promise<void> {
  await browser.open(`${desk}/support`);
  await browser.submit('/support', { identifier, reason });
}

test('an operator is led through the set-up of a second factor, and finds the rooms of their roles', async () => {
  expect(browser.page.url).toBe(`${desk}/`);
  expect(browser.visited.find((url) => url.includes('/auth?'))).toMatch(/acr_values=urn%3Acommon-id%3Aacr%3Amfa/);
  for (const words of ['お客様を探す', '移行の状況を見る', '処理の状況を見る', '記録を見る', 'operator 様'])
    expect(shown()).toContain(words);
});

test('a search is exact and has a reason; what was typed stays', async () => {
  await find('yamada', '?');
  expect(browser.page.status).toBe(422);
  expect(shown()).toContain('理由を4文字以上200文字以内で入力してください。');
  expect(browser.form('/support').fields).toMatchObject({ identifier: 'yamada', reason: '?' });
  await find('yamada');
  expect(shown()).toContain('一致するお客様はいません。');
  await find(CUSTOMER, `mail from ${CUSTOMER}`);
  expect(shown()).toContain('理由に、お客様の情報');
  await find();
  expect(browser.page.url).toMatch(/\/people\/[\w-]+$/);
});

test('a person’s page: masked identifiers, methods, migration, and what happened in words; unmasked for another reason', async () => {
  await find();
  expect(browser.page.text).not.toContain(CUSTOMER);
  for (const words of ['利用中', 'owners-site', '完了', '移行が完了した', 'kanagawa-toyota']) expect(shown()).toContain(words);
  await browser.submit('/unmask', { reason: '' });
  expect(browser.page.text).not.toContain(CUSTOMER);
  expect(shown()).toContain('4文字以上200文字以内の理由が必要です');
  await browser.submit('/unmask', { reason: 'C-1024 reads the address back' });
  expect(browser.page.text).toContain(CUSTOMER);
  await browser.open(`${desk}/people/${idOnPage()}`);
  expect(browser.page.text).not.toContain(CUSTOMER);
  expect(shown()).toContain('アドレスや番号をすべて見た（担当：operator、理由：C-1024 reads the address back）');
});

test('after too many failed sign-ins an agent lifts the limit: twice pressed, done once, and the person signs in', async () => {
  const person = createBrowser();
  await person.open(`${world.origins.id}/account`);
  for (let tries = 0; tries < 6; tries += 1) await person.submit('/login', { login_id: CUSTOMER, password: 'wrong-password' });
  await find();
  expect(shown()).toContain('ログインの失敗');
  const id = idOnPage();
  await browser.open(`${desk}/people/${id}/unlock`);
  const form = browser.form('/unlock');
  await Promise.all([browser.copy().post(form), browser.post(form)]);
  await browser.open(`${desk}/people/${id}`);
  expect(shown()).toContain('一時停止を解除しました。');
  expect(shown().match(/ログインなどの一時停止を解除した（担当：operator、理由：C-1024 cannot sign in）/g)).toHaveLength(1);
  await world.nextMessage(CUSTOMER);
  const told = (await world.messages(CUSTOMER)).filter(({ subject }) => subject.includes('一時停止を解除'));
  expect(told).toHaveLength(1);
  await person.open(`${world.origins.id}/account`);
  await person.submit('/login', { login_id: CUSTOMER, password: DEMO_PASSWORD });
  expect(textOf(person.page.text)).toContain('マイページ');
});

test('disables and enables an ID, and is told what is so already', async () => {
  await find();
  const id = idOnPage();
  const stale = await browser.copy().open(`${desk}/people/${id}/disable`);
  expect(stale.status).toBe(200);
  await browser.open(`${desk}/people/${id}/disable`);
  const before = browser.page;
  await browser.submit('/disable', { reason: 'C-1025 lost the telephone' });
  for (const words of ['利用を停止しました。', '利用停止中', '利用を再開する']) expect(shown()).toContain(words);
  // The page that was open in another tab, with another key.
  browser.page = stale;
  await browser.submit('/disable', { reason: 'C-1025 lost the telephone' });
  expect(shown()).toContain('すでにその状態のため、何も変更していません。');
  expect(before.text).not.toContain('利用を再開する');
  await browser.open(`${desk}/people/${id}/enable`);
  await browser.submit('/enable', { reason: 'C-1025 has it again' });
  expect(shown()).toContain('利用を再開しました。');
});

test('hands out a copy of the data, and erases only with the account id', async () => {
  await find();
  const id = idOnPage();
  await browser.open(`${desk}/people/${id}/export`);
  await browser.submit('/export');
  const file = browser.page;
  expect(file.headers['content-disposition']).toBe(`attachment; filename="common-id-${id}.json"`);
  expect(JSON.stringify(JSON.parse(file.text))).toContain(CUSTOMER);
  // The address of the file is no way to a second copy.
  expect((await browser.open(file.url)).url).toBe(`${desk}/people/${id}`);
  await browser.open(`${desk}/people/${id}/erase`);
  await browser.submit('/erase', { confirm: 'another' });
  expect(browser.page.status).toBe(422);
  expect(shown()).toContain('お客様のアカウントIDと一致しません。');
});

test('the campaign manager sees the funnel as a chart with its table, and by legacy site', async () => {
  await browser.open(`${desk}/migration`);
  const bars = [...browser.page.text.matchAll(/<rect class="bar"[^>]* width="([\d.]+)%"/g)].map(([, width]) => Number(width));
  expect(bars).toHaveLength(12);
  for (const words of ['メールアドレスの確認', '移行の完了', '名簿にない方']) expect(shown()).toContain(words);
  await browser.open(`${desk}/migration?by=client`);
  expect(headingOf(browser.page)).toBe('移行の状況');
  expect(browser.form('/migration').html).toContain('<option value="client" selected>');
});

test('the auditor reads who looked at whom and why, and checks the ledger', async () => {
  await browser.open(`${desk}/audit?type=account.unmasked&operator=operator`);
  for (const words of ['operator', 'すべて表示', 'C-1024 reads the address back']) expect(shown()).toContain(words);
  await browser.open(`${desk}/audit?operator=nobody`);
  expect(shown()).toContain('当てはまる記録はありません。');
  await browser.open(`${desk}/audit`);
  await browser.submit('/audit/verify');
  expect(shown()).toContain('すべての記録が正しくつながっています。');
});

test('the pages in Chromium, without JavaScript and with it: no barrier, in both languages', async () => {
  await find();
  const id = idOnPage();
  const pages = ['', 'support', `people/${id}`, `people/${id}/disable`, 'migration', 'jobs', 'audit'];
  const chromium = await launchChromium();
  try {
    for (const [language, javaScript] of [
      ['ja', true],
      ['en', false],
    ] as const) {
      const visitor = await createVisitor(chromium, {
        journey: 'operations-console',
        language,
        javaScript,
        widths: IS_FULL ? [360, 1280] : [360],
      });
      await visitor.page.context().addCookies([...browser.cookies].map(([name, value]) => ({ name, value, url: desk })));
      for (const path of IS_FULL ? pages : javaScript ? [`people/${id}`, 'audit'] : []) {
        await visitor.page.goto(`${desk}/${path}`);
        await visitor.look(path.replace(id, 'id') || 'home');
      }
      await visitor.page.goto(`${desk}/people/${id}`);
      await visitor.follow(language === 'ja' ? 'すべてのログインを終了する' : 'End every sign-in');
      await visitor.press(language === 'ja' ? 'すべて終了する' : 'End every sign-in');
      expect(await visitor.text()).toContain(language === 'ja' ? 'すべてのログインを終了しました。' : 'Every sign-in was ended.');
      await visitor.close();
    }
  } finally {
    await chromium.close();
  }
});

test('the API refuses an old sign-in (RFC 9470): the console asks for a new one and keeps the typed values', async () => {
  await find();
  const id = idOnPage();
  await browser.open(`${desk}/support`);
  await world.advance(12 * HOUR_MS + 60_000);
  await browser.submit('/support', { identifier: CUSTOMER, reason: REASON });
  expect(headingOf(browser.page)).toBe('もう一度、本人確認が必要です');
  await browser.submit('/confirm-identity');
  await browser.submit('/login', { login_id: 'operator@example.jp', password: DEMO_PASSWORD });
  await browser.submit('/second-factor', { code: app.code(Date.now() + 12 * HOUR_MS + 60_000) });
  expect(browser.page.url).toBe(`${desk}/support`);
  expect(browser.form('/support').fields).toMatchObject({ identifier: CUSTOMER, reason: REASON });
  // The reason of the morning is over. Without one nothing of a person is shown.
  await browser.open(`${desk}/people/${id}`);
  expect(headingOf(browser.page)).toBe('お客様の情報を開く');
});

test('signs out here and at the common ID', async () => {
  await browser.open(desk);
  await browser.submit('/logout');
  expect(browser.page.url).toContain(`${world.origins.id}/session/end`);
  await browser.open(`${desk}/support`);
  expect(browser.page.url).toBe(`${desk}/`);
  expect(shown()).toContain('TOYOTA/LEXUSの共通IDでログイン');
});
