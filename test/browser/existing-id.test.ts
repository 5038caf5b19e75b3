// The right way of ③: a person with an ID, from the owners site to the notebook; and without a dealer, which the notebook then offers.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';
import { startWorld, type World } from '../support/world.ts';
import {
  decideOnDealer,
  giveBirthdate,
  openMigration,
  openNotebook,
  seeNoBanner,
  signIn,
  waitForLink,
} from './migration-steps.ts';
import { createVisitor } from './visitor.ts';

const EMAIL = 'sato@example.jp';
const PASSWORD = 'Common-2026';
const DEALER = '大阪トヨタ自動車株式会社';

let browser: Browser;
let world: World;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(async () => browser.close());
beforeEach(async () => {
  world = await startWorld();
});
afterEach(async () => world.stop());

/**
 * Without JavaScript and in two widths in full only: journeys over HTTP walk this way, and new-id.test.ts looks at its screens in Chromium, with
 * and without JavaScript.
 */
const WALKS = process.env.FULL_FIGURES
  ? [
      { javaScript: true, widths: [360, 1280] },
      { javaScript: false, widths: [1280, 360] },
    ]
  : [{ javaScript: true, widths: [360] }];

/** The screens that new-id.test.ts, which asks axe about the others, does not show like this. */
const ONLY_HERE = ['end', 'notebook'];

describe.each(WALKS)('an ID that is there, JavaScript $javaScript', ({ javaScript, widths }) => {
  test('R16 from ③ over ⑩ to the notebook: the progress counts the pages of this way', async () => {
    const visitor = await createVisitor(browser, {
      journey: `existing-id-${javaScript ? 'js' : 'no-js'}`,
      javaScript,
      widths,
      // new-id.test.ts asks axe about the same screens.
      asksAxe: () => false,
    });
    await openMigration(visitor, world, 'sato');
    await visitor.press('すでにお持ちのTOYOTA/LEXUSの共通IDでログイン');
    await decideOnDealer(visitor, DEALER, '上記販売店と連携する');
    await signIn(visitor, EMAIL, PASSWORD);
    await giveBirthdate(visitor, ['1982', '5', '14'], true);
    await waitForLink(visitor, world);
    await openNotebook(visitor, world);
    // At ③ the way is open, and the longer one is counted. ⑭ continues by itself before it is looked at.
    expect(visitor.progress).toEqual(['全体 1/14', ...[2, 3, 4, 5, 6, 8].map((at) => `全体 ${at}/8`)]);
    const text = await visitor.text();
    for (const word of ['カローラ', DEALER, '連携しています。', '次回の車検']) expect(text).toContain(word);
    await seeNoBanner(visitor, world);
    await visitor.close();
  }, 120_000);
});

test('without a dealer link the notebook shows no history and offers a link, which asks ⑩ and no password', async () => {
  const visitor = await createVisitor(browser, {
    journey: 'notebook-links-dealer',
    widths: [360],
    asksAxe: (screen) => ONLY_HERE.includes(screen),
  });
  await openMigration(visitor, world, 'sato');
  await visitor.press('すでにお持ちのTOYOTA/LEXUSの共通IDでログイン');
  await decideOnDealer(visitor, DEALER, '連携せずに進む');
  await signIn(visitor, EMAIL, PASSWORD);
  await giveBirthdate(visitor, ['1982', '5', '14'], true);
  await waitForLink(visitor, world);
  await openNotebook(visitor, world);
  expect(await visitor.text()).toContain('カローラ');
  expect(await visitor.text()).toContain('販売店と連携すると表示されます');
  await visitor.press('販売店と連携する');
  await decideOnDealer(visitor, DEALER, '上記販売店と連携する');
  await visitor.page.waitForURL(`${world.origins.notebook}/**`);
  await visitor.look('notebook-linked');
  expect(await visitor.text()).toContain('連携しています。');
  await visitor.page.getByRole('link', { name: '整備記録を見る' }).first().click();
  await visitor.look('notebook-history');
  expect(await visitor.text()).toContain(DEALER);
  await visitor.close();
}, 120_000);
