// The left way of ③: a new ID, from the owners site's login to the notebook and the logout.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { figure } from '../attacks/support/figure.ts';
import { launchChromium } from '../support/chromium.ts';
import { startWorld, type World } from '../support/world.ts';
import {
  decideOnDealer,
  expectLiveRules,
  giveBirthdate,
  lookAtLink,
  NEW_PASSWORD,
  openMigration,
  openNotebook,
  proveAddress,
  register,
  seeNoBanner,
  signIn,
  signOutEverywhere,
} from './migration-steps.ts';
import { createVisitor, type Visitor } from './visitor.ts';

/** The buttons from ① to ⑬, page by page; ⑭ continues by itself. */
const PRESSED = [
  'ログイン',
  '詳細はこちら',
  '新たにTOYOTA/LEXUSの共通IDを取得する',
  '会員登録(無料)する',
  '上記のメールアドレスに認証番号を送信',
  '次へ',
  '確認',
  '登録',
  '次へ',
  '上記販売店と連携する',
  'ログイン',
  '確認',
  '登録',
  '次へ',
];

/** The height of a field with its label and hint, as a part of a phone's screen. */
const FIELD_SCREENS = 0.2;

const EMAIL = 'tanaka@example.jp';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(async () => browser.close());

describe.each([
  { javaScript: true, widths: [1280, 360] },
  { javaScript: false, widths: figure(1, 0) === 1 ? [360, 1280] : [1280] },
])('a new ID, JavaScript $javaScript', ({ javaScript, widths }) => {
  let world: World;
  let known: Visitor['pressed'] = [];
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(async () => world?.stop());

  test('R16 from ① to the notebook: every word of the guide, what is known as a card, and at most 15.5 screens of a phone', async () => {
    const visitor = await createVisitor(browser, {
      journey: `new-id-${javaScript ? 'js' : 'no-js'}`,
      javaScript,
      widths,
    });
    const { page } = visitor;
    await openMigration(visitor, world, 'tanaka');
    await visitor.press('新たにTOYOTA/LEXUSの共通IDを取得する');
    await proveAddress(visitor, world, EMAIL);
    const prefecture = page.getByLabel('都道府県', { exact: true });
    expect(await page.getByLabel('携帯電話番号', { exact: true }).inputValue()).toContain('90');
    expect(await prefecture.inputValue()).toBe('愛知県');
    for (const known of ['田中 太郎（タナカ タロウ）', '〒460-0008 愛知県名古屋市中区栄3丁目1-1 サカエマンション502'])
      expect(await visitor.text()).toContain(known);
    expect((await visitor.text()).split('トヨタオーナーズサイトの登録情報')).toHaveLength(2);
    expect(await prefecture.isVisible()).toBe(false);
    const change = page.locator('summary').last();
    await change.click();
    expect(await prefecture.isVisible()).toBe(true);
    await change.click();
    if (javaScript) await expectLiveRules(visitor);
    await register(visitor, EMAIL);
    await decideOnDealer(visitor, '愛知トヨタ自動車株式会社', '上記販売店と連携する');
    expect(await page.getByLabel('ID（メールアドレスまたは携帯電話番号）').inputValue()).toBe(EMAIL);
    await signIn(visitor, EMAIL, NEW_PASSWORD);
    expect(await visitor.text()).toContain('MyTOYOTA整備手帳をご利用頂くには');
    await giveBirthdate(visitor, ['1995', '12', '25'], true);
    await lookAtLink(visitor);
    const pages = visitor.pressed.slice(0, 14);
    known = pages;
    expect(pages.map(({ button }) => button)).toEqual(PRESSED);
    // The height of a phone's window counts; the other walk is on a desktop.
    if (widths.at(-1) === 360) expect(pages.reduce((sum, { screens }) => sum + screens, 0)).toBeLessThanOrEqual(15.5);
    await openNotebook(visitor, world);
    // From ③ to the end page.
    expect(visitor.progress).toEqual(Array.from({ length: 14 }, (_, index) => `全体 ${index + 1}/14`));

    const text = await visitor.text();
    for (const word of ['プリウス', 'RAV4', '愛知トヨタ自動車株式会社', '連携しています。', '次回の車検'])
      expect(text).toContain(word);
    await page.getByRole('link', { name: '整備記録を見る' }).first().click();
    await visitor.look('notebook-history');
    expect(await visitor.text()).toContain('法定12か月点検');
    await page.goto(`${world.origins.notebook}/bookings`);
    await visitor.look('notebook-booking');
    const [tomorrow] = new Date(Date.now() + 3 * 24 * 60 * 60 * 1000).toISOString().split('T');
    await visitor.fill('ご希望日', String(tomorrow));
    await visitor.press('この内容で予約する');
    await visitor.look('notebook-booked');
    expect(await visitor.text()).toContain('入庫予約を受け付けました。');

    await seeNoBanner(visitor, world);
    await signOutEverywhere(visitor, world);
    await visitor.close();
  }, 120_000);

  if (widths.at(-1) === 360)
    test('R16 a person whom the owners site knows in part: the pages of a known person, and the fields that are missing', async () => {
      const visitor = await createVisitor(browser, { journey: 'new-id-gaps', javaScript, widths: [360], asksAxe: () => false });
      const typed = { セイ: 'スズキ', メイ: 'ハナコ' };
      await openMigration(visitor, world, 'suzuki');
      await visitor.press('新たにTOYOTA/LEXUSの共通IDを取得する');
      await proveAddress(visitor, world, 'hanako@example.jp');
      const visible = visitor.page.locator('input:visible:not([type=checkbox]), select:visible');
      const names = await visible.evaluateAll((fields) => fields.map((field) => field.getAttribute('name')));
      expect(names).toEqual(['password', 'family_name_kana', 'given_name_kana']);
      await register(visitor, 'hanako@example.jp', typed);
      await decideOnDealer(visitor, '東京トヨタ自動車株式会社', '上記販売店と連携する');
      await signIn(visitor, 'hanako@example.jp', NEW_PASSWORD);
      await giveBirthdate(visitor, ['1971', '2', '3'], false);
      await visitor.press('次へ');
      expect(visitor.pressed.map(({ button }) => button)).toEqual(PRESSED);
      const longer = visitor.pressed.map(({ screens }, index) => screens - (known[index]?.screens ?? 0));
      const [profile = NaN] = longer.splice(PRESSED.indexOf('確認'), 1);
      // Two fields; no other page is longer. To type the birth date makes ⑪ no longer than to look at it.
      expect(profile).toBeLessThan(2 * FIELD_SCREENS);
      expect(Math.max(...longer)).toBeLessThan(0.01);
      await visitor.close();
    }, 120_000);
});
