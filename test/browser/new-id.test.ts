// The left road of ③: a new ID, from the owners site's login to the notebook and out again.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';
import { startWorld, type World } from '../support/world.ts';
import {
  decideOnDealer,
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
import { createVisitor } from './visitor.ts';

const EMAIL = 'tanaka@example.jp';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(async () => browser.close());

describe.each([
  { javaScript: true, widths: [1280, 360] },
  { javaScript: false, widths: [360, 1280] },
])('a new ID, JavaScript $javaScript', ({ javaScript, widths }) => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(async () => world.stop());

  test('from ① to the notebook', async () => {
    const visitor = await createVisitor(browser, {
      journey: `new-id-${javaScript ? 'js' : 'no-js'}`,
      javaScript,
      widths,
    });
    const { page } = visitor;
    await openMigration(visitor, world, 'tanaka');
    await visitor.press('新たにTOYOTA/LEXUSの共通IDを取得する');
    await proveAddress(visitor, world, EMAIL);
    expect(await page.getByLabel('携帯電話番号', { exact: true }).inputValue()).toContain('90');
    expect(await page.getByLabel('都道府県', { exact: true }).inputValue()).toBe('愛知県');
    expect(await visitor.text()).toContain('トヨタオーナーズサイトの登録情報');
    await register(visitor, EMAIL);
    await decideOnDealer(visitor, '愛知トヨタ自動車株式会社', '上記販売店と連携する');
    expect(await page.getByLabel('ID（メールアドレスまたは携帯電話番号）').inputValue()).toBe(EMAIL);
    await signIn(visitor, EMAIL, NEW_PASSWORD);
    await giveBirthdate(visitor, ['1995', '12', '25'], true);
    await lookAtLink(visitor);
    await openNotebook(visitor, world);

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
});
