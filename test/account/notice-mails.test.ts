// The mails that tell an owner of a new ID and of a sign-in in a browser that is new to it.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHttpDriver } from '../journeys/http-driver.ts';
import { createTraveller, NEW_PASSWORD } from '../journeys/traveller.ts';
import { createBrowser } from '../support/http-browser.ts';
import { startWorld, type World } from '../support/world.ts';
import { nextMail, openAccount, SATO } from './account-world.ts';

const NEW_DEVICE = '新しいブラウザーでログインがありました';
const HOUR_MS = 60 * 60 * 1000;
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';

let world: World;
beforeAll(async () => {
  world = await startWorld({ env: { NOTICE_MAILS: 'true' } });
}, 30_000);
afterAll(async () => world.stop());

const mailsOf = async (email: string, subject: string): Promise<number> =>
  (await world.messages(email)).filter((message) => message.subject.includes(subject)).length;

test('R17 a sign-in in a browser that is new to the ID: its owner is told when, where from and how to end it, and never of the next ones', async () => {
  const first = createBrowser({ headers: { 'User-Agent': IPHONE } });
  await openAccount(world, SATO, { browser: first });
  const told = await nextMail(world, SATO, NEW_DEVICE);
  expect(told.text).toContain('Safari / iPhone');
  expect(told.text).toMatch(/\d{4}年\d{1,2}月\d{1,2}日 \d{1,2}:\d{2}/);
  expect(told.text).toContain(`${world.origins.id}/account`);

  await world.advance(HOUR_MS);
  for (const name of first.cookies.keys()) if (name.includes('session')) first.cookies.delete(name);
  await openAccount(world, SATO, { browser: first });
  await world.advance(HOUR_MS);
  await openAccount(world, SATO, { browser: createBrowser() });
  await nextMail(world, SATO, NEW_DEVICE, told.id);
  expect(await mailsOf(SATO, NEW_DEVICE)).toBe(2);
}, 60_000);

test('R17 a new ID: its owner is welcomed once, and the login that follows is not told as one from a new browser', async () => {
  const email = 'tanaka@example.jp';
  const tanaka = createTraveller(createHttpDriver(), world);
  await tanaka.signInAtOwnersSite('tanaka');
  await tanaka.begin('newId');
  await tanaka.register(email);
  const welcome = await nextMail(world, email, '共通IDを取得しました');
  expect(welcome.text).toContain(email);
  await tanaka.press('上記販売店と連携する');
  await tanaka.signIn(undefined, NEW_PASSWORD);
  await tanaka.confirmRequired();
  await world.advance(HOUR_MS);
  await openAccount(world, email, { password: NEW_PASSWORD, browser: createBrowser() });
  await nextMail(world, email, NEW_DEVICE);
  expect(await mailsOf(email, NEW_DEVICE)).toBe(1);
  expect(await mailsOf(email, '共通IDを取得しました')).toBe(1);
}, 60_000);
