// The times of a registration: ten minutes for the code, a minute until a new one, a day for the draft.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createGazoo } from '../../scripts/faults/gazoo.ts';
import { createBrowser } from '../support/http-browser.ts';
import { startWorld, type World } from '../support/world.ts';
import { createHttpDriver, type HttpDriver } from './http-driver.ts';
import { codeFor, createTraveller, DEMO_PASSWORD, WORDS, type Traveller } from './traveller.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 30_000);
afterAll(async () => world.stop());

async function reachCode(user: string, email: string): Promise<Traveller<HttpDriver>> {
  const traveller = createTraveller(createHttpDriver(), world);
  await traveller.signInAtOwnersSite(user);
  await traveller.begin('newId');
  await traveller.agree();
  await traveller.askForCode(email);
  return traveller;
}

async function typeCode(traveller: Traveller<HttpDriver>, code: string): Promise<void> {
  await traveller.fill('code', code);
  await traveller.press(WORDS.next);
}

test('a code is valid for ten minutes', async () => {
  const traveller = await reachCode('suzuki', 'in-time@example.jp');
  const first = await world.nextMessage('in-time@example.jp');
  await world.advance(10 * MINUTE + SECOND);
  await typeCode(traveller, await codeFor(world, 'in-time@example.jp'));
  await traveller.isAt('code');
  expect(traveller.page().status).toBe(422);
  await traveller.press('番号を再送する');
  const code = await codeFor(world, 'in-time@example.jp', first.id);
  await world.advance(9 * MINUTE + 50 * SECOND);
  await typeCode(traveller, code);
  await traveller.isAt('profile');
}, 60_000);

test('a new code is sent after sixty seconds, and then the older one no longer works', async () => {
  const email = 'again@example.jp';
  const traveller = await reachCode('ito', email);
  const first = await world.nextMessage(email);
  await world.advance(50 * SECOND);
  await traveller.press('番号を再送する');
  expect(traveller.page().status).toBe(429);
  expect(await world.messages(email)).toHaveLength(1);
  await world.advance(11 * SECOND);
  await traveller.press('番号を再送する');
  const second = await world.nextMessage(email, first.id);
  const [older = '', newer = ''] = [first, second].map(({ subject }) => /\d{6}/.exec(subject)?.[0]);
  await typeCode(traveller, older);
  expect(traveller.page().status).toBe(422);
  await typeCode(traveller, newer);
  await traveller.isAt('profile');
}, 60_000);

test('a draft is kept for a day: no second proof is needed, and after the day it is', async () => {
  const traveller = await reachCode('tanaka', 'kept@example.jp');
  await typeCode(traveller, await codeFor(world, 'kept@example.jp'));
  await traveller.isAt('profile');
  await world.advance(23 * HOUR);
  await traveller.signInAtOwnersSite('tanaka');
  await traveller.continueFromBanner();
  await traveller.isAt('profile');
  await world.advance(25 * HOUR);
  await traveller.signInAtOwnersSite('tanaka');
  await traveller.begin('newId');
  await traveller.isAt('about');
}, 60_000);

test('a pushed request gives one code, to the first browser that opened it, even after its minute', async () => {
  const url = await createGazoo(world).push();
  const home = `${world.origins.demoClients}/gazoo/`;
  const [first, second] = [createBrowser({ from: '127.0.5.1' }), createBrowser({ from: '127.0.6.1' })];
  for (const browser of [first, second]) await browser.open(url, home);
  await world.advance(2 * MINUTE);
  await first.submit('/login', { login_id: 'yamada@example.jp', password: DEMO_PASSWORD }, home);
  const { location = '' } = await first.submit('/consent', { decision: 'allow' }, home);
  expect(new URL(location).searchParams.has('code')).toBe(true);
  expect(second.page.status).toBe(400);
  // Used up, it no longer opens anywhere.
  for (const browser of [first, second]) {
    const { status, location: next } = await browser.open(url, home);
    expect([status, next]).toEqual([400, undefined]);
  }
}, 60_000);
