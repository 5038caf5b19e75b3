// The demo clients and the real common ID: single sign-on, required information, consent and brand with five clients at once.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createBrowser, textOf, type Browser } from '../support/http-browser.ts';
import { startWorld, type World } from '../support/world.ts';

const data = mkdtempSync(join(tmpdir(), 'common-id-demo-clients-'));
let world: World;
let browser: Browser;

beforeAll(async () => {
  world = await startWorld({ apps: ['id', 'demo-clients'], env: { DATA_DIRECTORY: data } });
  browser = createBrowser();
}, 60_000);
afterAll(async () => {
  await world.stop();
  rmSync(data, { recursive: true });
});

const at = (id: string): string => `${world.origins.demoClients}/${id}`;
const shown = (): string => textOf(browser.page.text);

test('each of them is listed, and signed out', async () => {
  await browser.open(world.origins.demoClients);
  for (const name of ['TOYOTA.JP（購入サポート）', 'GAZOO', 'my route', 'TOYOTA SHARE', 'LEXUS']) expect(shown()).toContain(name);
  expect(shown()).not.toContain('ログインしています');
});

test('TOYOTA.JP asks for the missing birth date, and shows the received data', async () => {
  await browser.open(`${at('toyota-jp')}/login`);
  await browser.submit('/login', { login_id: 'sato@example.jp', password: 'Common-2026' });
  expect(shown()).toContain('ご利用されるサービスに必要な情報の確認');
  expect(shown()).toContain('TOYOTA.JP（購入サポート）');
  await browser.submit('/required-profile', { birthdate_year: '1995', birthdate_month: '12', birthdate_day: '25' });
  await browser.submit('/confirm');
  await browser.submit('/done');
  expect(browser.page.url).toBe(at('toyota-jp'));
  expect(shown()).toContain('birthdate 1995-12-25');
  expect(shown()).toContain('email sato@example.jp');
});

test('LEXUS signs in without a page; a third party asks for consent first', async () => {
  await browser.open(`${at('lexus')}/login`);
  expect(browser.page.url).toBe(at('lexus'));
  expect(shown()).toContain('sato@example.jp');
  expect(shown()).toContain('共通IDのデモサービス');
  await browser.open(`${at('gazoo')}/login`);
  expect(browser.page.url).toContain('/consent');
  await browser.submit('/consent', { decision: 'allow' });
  expect(browser.page.url).toBe(at('gazoo'));
  expect(shown()).toContain('refresh_token true');
});

test('a person who refuses reads so, and can try again', async () => {
  await browser.open(`${at('my-route')}/login`);
  await browser.submit('/required-profile', { phone_number: '09023456789' });
  await browser.submit('/confirm');
  await browser.submit('/done');
  await browser.submit('/consent', { decision: 'deny' });
  expect(shown()).toContain('access_denied');
  expect(shown()).toContain('TOYOTA/LEXUSの共通IDでログイン');
});

test("the pages of the ID have the client's brand, and list the services to try", async () => {
  const visitor = createBrowser();
  await visitor.open(`${at('lexus')}/login`);
  expect(visitor.page.text).toContain('brand-lexus');
  await visitor.submit('/register');
  for (const id of ['toyota-jp', 'gazoo', 'my-route', 'toyota-share', 'lexus'])
    expect(visitor.page.text).toContain(`href="${at(id)}"`);
  await visitor.open(`${at('toyota-share')}/login`);
  expect(visitor.page.text).toContain('brand-toyota');
});

test('a service without dealers gets no link', async () => {
  const visitor = createBrowser();
  await visitor.open(`${at('lexus')}/login`);
  await visitor.submit('/login', { login_id: 'yamada@example.jp', password: 'Common-2026' });
  expect(textOf(visitor.page.text)).toContain('yamada@example.jp');
  expect(textOf(visitor.page.text)).not.toMatch(/dealer|authorization_details/);
});

test('logging out asks at the ID, and comes back', async () => {
  await browser.open(at('lexus'));
  await browser.submit('/logout');
  expect(browser.page.url).toContain(world.origins.id);
  await browser.submit(browser.form('/session/end/confirm'), { logout: 'yes' });
  expect(browser.page.url.startsWith(at('lexus'))).toBe(true);
  expect(shown()).toContain('TOYOTA/LEXUSの共通IDでログイン');
});
