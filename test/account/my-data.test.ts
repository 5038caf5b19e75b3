// The copy of one's data: what is in it, and who gets it.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { MyData } from '../../src/account/my-data/my-data.ts';
import { turnOn } from '../attacks/support/second-factor.ts';
import { createBrowser, type Browser } from '../support/http-browser.ts';
import type { World } from '../support/world.ts';
import { headingOf, mainOf, openAccount, PASSWORD, SATO, startAccountWorld, useService, YAMADA } from './account-world.ts';

const ASKS_AGAIN = 'パスワードの確認';

let world: World;
beforeAll(async () => {
  world = await startAccountWorld();
});
afterAll(async () => world?.stop());

const fileOf = async (browser: Browser): Promise<MyData> => {
  const answer = await browser.send(`${world.origins.id}/account/my-data/file`);
  expect(answer.headers['content-disposition']).toContain('attachment');
  expect(answer.headers['cache-control']).toBe('no-store');
  return JSON.parse(answer.text) as MyData;
};

test('the file has everything that the pages show, and matches its schema, which anybody can read', async () => {
  const browser = await openAccount(world, YAMADA);
  await useService(world, browser, YAMADA);
  const { app, codes } = await turnOn(world.origins.id, browser, () => Date.now());
  const data = await fileOf(browser);
  const schema: unknown = await (await fetch(data.$schema)).json();
  const validate = new Ajv2020({ strict: false, formats: { 'date-time': true } }).compile(schema as object);
  expect(validate(data) || validate.errors).toBe(true);
  expect(data.account).toMatchObject({ email: YAMADA, language: 'ja' });
  expect(data.profile).toMatchObject({ family_name: '山田', birthdate: '1988-07-21' });
  expect(data.services).toMatchObject([{ client_id: 'test-service', scopes: expect.arrayContaining(['email']) as unknown }]);
  expect(data.browsers.flatMap(({ client_ids: ids }) => ids)).toContain('test-service');
  expect(data.agreements[0]).toMatchObject({ what: 'terms' });
  expect(data.second_factor).toMatchObject({ recovery_codes_left: 10 });
  // Nothing that lets somebody in.
  expect(JSON.stringify(data)).not.toMatch(/\$2b\$|password_hash|undo_sha256|public_key|sealed/);
  for (const secret of [app.secret, ...codes]) expect(JSON.stringify(data)).not.toContain(secret);

  await browser.open(`${world.origins.id}/account/my-data/shown`);
  const text = mainOf(browser);
  for (const shown of [YAMADA, '山田', '1988年7月21日', 'Test service', '残り10個', '2026年4月1日版に', 'ファイルに保存する'])
    expect(text).toContain(shown);
  expect(text).not.toMatch(/undefined|\[object|T\d\d:\d\d/);
});

test('who has not given the password within five minutes gets no data: neither the page nor the file', async () => {
  const browser = await openAccount(world, SATO);
  await world.advance(6 * 60_000);
  for (const path of ['shown', 'file']) {
    await browser.open(`${world.origins.id}/account/my-data/${path}`);
    expect(browser.page.url).toBe(`${world.origins.id}/account/my-data`);
    expect(browser.page.text).not.toContain('佐藤花子');
  }
  await browser.submit('/account/my-data');
  expect(headingOf(browser)).toBe(ASKS_AGAIN);
  await browser.submit('/account/my-data', { password_again: 'Falsch-123' });
  expect(headingOf(browser)).toBe(ASKS_AGAIN);
  await browser.submit('/account/my-data', { password_again: PASSWORD });
  expect(browser.page.url).toBe(`${world.origins.id}/account/my-data/shown`);
  expect((await fileOf(browser)).account.email).toBe(SATO);
  const stranger = createBrowser();
  await stranger.open(`${world.origins.id}/account/my-data/file`);
  expect(stranger.page.url).toContain('/login');
});
