// 携帯電話番号でのログイン on a phone: from 会員情報 to the number, the code of the SMS filled in by the browser, and a login without JavaScript.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';
import { startWorld, type World } from '../support/world.ts';
import { createVisitor, type Visitor } from './visitor.ts';

const EMAIL = 'sato@example.jp';
const PASSWORD = 'Common-2026';
const LOGIN_ID = 'ID（メールアドレスまたは携帯電話番号）';

/** A browser that gets SMS, as Chrome on a phone does: the test hands the code over. */
const WEB_OTP = `
  window.OTPCredential = class {};
  const get = navigator.credentials.get.bind(navigator.credentials);
  navigator.credentials.get = (options) => options.otp ? new Promise((resolve) => { window.receive = (code) => resolve({ code }); }) : get(options);`;

let browser: Browser;
let world: World;
beforeAll(async () => {
  [browser, world] = await Promise.all([launchChromium(), startWorld({ apps: ['mailbox', 'id'] })]);
});
afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

async function signIn(visitor: Visitor, loginId: string): Promise<void> {
  await visitor.fill(LOGIN_ID, loginId);
  await visitor.fill('パスワード', PASSWORD);
  await visitor.press('ログイン');
}

test('a person sets the number up on a phone: the browser fills the code in, and the number signs in without JavaScript', async () => {
  const visitor = await createVisitor(browser, { journey: 'mobile-number', widths: [360] });
  await visitor.page.addInitScript(WEB_OTP);
  await visitor.page.goto(`${world.origins.id}/account/profile`);
  await signIn(visitor, EMAIL);
  await visitor.follow('携帯電話番号でのログイン');
  await visitor.look('number');
  await visitor.fill('携帯電話番号', '03-1234-5678');
  await visitor.press('SMSで認証番号を送信');
  expect(await visitor.text()).toContain('固定電話とIP電話の番号は使えません');
  await visitor.fill('携帯電話番号', '０９０−１２３４−５６７８');
  await visitor.press('SMSで認証番号を送信');
  await visitor.look('code');
  const code = /#(\d{6})$/.exec((await world.nextMessage('+819012345678')).text)?.[1] ?? '';
  await visitor.page.evaluate(`window.receive('${code}')`);
  const field = visitor.page.getByLabel('認証番号');
  await visitor.page.waitForFunction(`document.getElementById('code').value === '${code}'`);
  expect([await field.getAttribute('autocomplete'), await field.getAttribute('inputmode')]).toEqual(['one-time-code', 'numeric']);
  await visitor.press('この番号でログインできるようにする');
  await visitor.look('on');
  expect(await visitor.text()).toContain('この携帯電話番号でログインできるようになりました');
  await visitor.close();

  const plain = await createVisitor(browser, { journey: 'mobile-number-no-js', widths: [360], javaScript: false });
  await plain.page.goto(`${world.origins.id}/account/mobile-number`);
  await signIn(plain, '09012345678');
  await plain.look('on');
  await plain.press('携帯電話番号でのログインを解除');
  expect(await plain.text()).toContain('携帯電話番号でのログインを解除しました');
  await plain.close();
});
