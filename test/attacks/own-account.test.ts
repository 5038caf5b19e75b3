// Attacks on what a person sees and ends at the own ID: the history of sign-ins, browsers, the link in the mail about a new browser, the
// offer of a passkey, the copy of the data. design/account.md, chapters 2 and 4.
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { createFailedSignIns } from '../../src/authentication/failed-sign-ins.ts';
import { createSignIn } from '../../src/authentication/password/sign-in.ts';
import { mainOf, type Browser } from '../support/http-browser.ts';
import { untilFound } from '../support/until-true.ts';
import { formatTime } from '../../src/http/format-time.ts';
import { redeem, signedIn } from './support/client.ts';
import { startOwnAccountWorld, type OwnAccountWorld } from './support/own-account-world.ts';

jest.setTimeout(60_000);

const [SATO, YAMADA, PASSWORD] = ['sato@example.jp', 'yamada@example.jp', 'Common-2026'];
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';
const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

let world: OwnAccountWorld;
beforeAll(async () => {
  world = await startOwnAccountWorld();
});
afterAll(async () => world?.close());
// The pauses after failures, and the sign-ins of one second, are over.
beforeEach(() => {
  world.clock.now += 25 * HOUR_MS;
});

async function openAccount(browser: Browser, { email = SATO, password = PASSWORD, path = '/account' } = {}): Promise<Browser> {
  await browser.open(`${world.issuer}${path}`);
  if (browser.page.url.includes('/login')) await browser.submit('/login', { login_id: email, password });
  return browser;
}

const historyOf = async (email: string) => world.storage.signInHistories.find((await world.account(email)).id);

test('S182 failed sign-ins are seen by the owner, cannot push out true ones or fill the database, and are in no log and for no unknown ID', async () => {
  const { id } = await world.account(SATO);
  const owner = await openAccount(world.browser('192.0.2.10', IPHONE));
  const thief = world.browser('198.51.100.7', WINDOWS);
  await openAccount(thief, { password: 'Guessed-1' });
  await openAccount(thief, { password: 'Guessed-2' });
  await openAccount(thief, { email: 'nobody@example.jp', password: 'Guessed-1' });
  const { failures } = await untilFound('the failures are written', async () => {
    const history = await historyOf(SATO);
    return history?.failures?.[0]?.times === 2 ? history : undefined;
  });
  expect(failures).toMatchObject([{ method: 'password', device: 'Google Chrome / Windows', client_id: 'common-id-account' }]);
  await owner.open(`${world.issuer}/account/history`);
  const shown = mainOf(owner.page);
  expect(shown).toContain('ログインできませんでした（2回）');
  expect(shown).toMatch(/Safari \/ iPhone\s*日本 愛知県/);
  // The name of a region is text.
  expect(owner.page.text).not.toContain('<script>alert(1)');
  expect(shown).toContain('<script>alert(1)</script>');

  // A flood from ever other browsers: the sign-ins stay, and the record is bounded.
  const before = (await historyOf(SATO))?.sign_ins;
  const notes = createFailedSignIns(world.storage, () => world.clock.now);
  for (let n = 0; n < 500; n += 1) notes.note(id, { at: world.clock.now, method: 'password', device: `Browser ${n}` });
  await notes.flush();
  const after = await historyOf(SATO);
  expect(after?.sign_ins).toEqual(before);
  expect(after?.failures).toHaveLength(30);
  const log = JSON.stringify(world.log);
  for (const part of ['iPhone', 'Windows', '愛知', 'sato@', 'nobody@', '192.0.2.10']) expect(log).not.toContain(part);
  await owner.open(`${world.issuer}/account/history`);
  expect(mainOf(owner.page).match(/ログインできませんでした/g)).toHaveLength(30);
});

test('S183 an answer that waits for the history, a history of nobody or of an ID that is being erased: none of them exists', async () => {
  const { id } = await world.account(SATO);
  const noted: string[] = [];
  const hanging = { change: async () => new Promise(() => undefined) };
  const signIn = createSignIn({
    config: {
      rateLimits: { login: { failuresPerAccount: 9, failuresPerAddress: 99, failuresPerNetwork: 99, windowSeconds: 9 } },
    },
    storage: { ...world.storage, signInHistories: hanging },
    clock: () => world.clock.now,
    hasher: { verify: async () => false, verifyAgainstNothing: async () => false, needsRehash: () => false },
    failedSignIns: { note: (account: string) => void noted.push(account) },
    regionOf: () => undefined,
  } as never);
  const from = { ip: '192.0.2.99', userAgent: '', knownDevice: () => undefined };
  expect(await signIn(SATO, 'x', from)).toBeUndefined();
  expect(await signIn('nobody@example.jp', 'x', from)).toBeUndefined();
  expect(noted).toEqual([id]);

  const notes = createFailedSignIns(world.storage, () => world.clock.now);
  const failure = { at: world.clock.now, method: 'password' } as const;
  notes.note('erased-meanwhile', failure);
  const { id: other } = await world.account(YAMADA);
  const change = async (to: object): Promise<unknown> =>
    world.storage.accounts.change(other, (standing) => ({ to: { ...standing, ...to }, type: 'account.profile_changed' }));
  const erasing = { withdrawal: { at: 1, erase_at: 2 }, disabled_at: 3 };
  await change(erasing);
  notes.note(other, failure);
  await notes.flush();
  await change({ withdrawal: undefined, disabled_at: undefined });
  // The erasure removes the history while this process writes it.
  const { signInHistories } = world.storage;
  const late: typeof signInHistories.change = async (...of) => {
    const written = await signInHistories.change(...of);
    await change(erasing);
    return written;
  };
  const racing = createFailedSignIns(
    { ...world.storage, signInHistories: { ...signInHistories, change: late } },
    () => world.clock.now,
  );
  racing.note(other, failure);
  await racing.flush();
  await change({ withdrawal: undefined, disabled_at: undefined });
  expect(await world.storage.signInHistories.find('erased-meanwhile')).toBeUndefined();
  expect(await world.storage.signInHistories.find(other)).toBeUndefined();
});

test('S186 browsers of somebody else, an ended one that goes on, requests without end: nobody ends them, it stays ended, and a use is noted once an hour', async () => {
  const { id } = await world.account(YAMADA);
  const [owner, thief] = [world.browser('192.0.2.20', IPHONE), world.browser('192.0.2.21', WINDOWS)];
  await openAccount(owner, { email: YAMADA });
  world.clock.now += MINUTE_MS;
  await openAccount(thief, { email: YAMADA });
  const usesOf = async () => world.storage.lastUses.find(id);
  const noted = await usesOf();
  expect(noted?.uses).toMatchObject([{ what: 'browser' }, { what: 'browser' }]);
  for (let n = 0; n < 20; n += 1) await thief.open(`${world.issuer}/account`);
  expect(await usesOf()).toEqual(noted);
  world.clock.now += HOUR_MS;
  await thief.open(`${world.issuer}/account`);
  expect((await usesOf())?.version).toBe((noted?.version ?? 0) + 1);

  await owner.open(`${world.issuer}/account`);
  const [, ended = ''] = /Google Chrome \/ Windows[\s\S]*?\/account\/sessions\/([\w-]+)\/end/.exec(owner.page.text) ?? [];
  expect(mainOf(owner.page)).toMatch(/Safari \/ iPhone\s*このブラウザー/);
  expect(mainOf(owner.page)).toContain(`最後のご利用：${formatTime(world.clock.now, 'ja')}`);
  const stranger = await openAccount(world.browser('192.0.2.22'));
  for (const path of [ended, 'end-others', '../../x']) {
    const body = new URLSearchParams({ csrf_token: stranger.form('/passkeys/add').fields.csrf_token ?? '' });
    await stranger.send(`${world.issuer}/account/sessions/${path}/end`, { method: 'POST', body });
  }
  expect((await thief.open(`${world.issuer}/account`)).status).toBe(200);

  await owner.open(`${world.issuer}/account/sessions/${ended}/end`);
  expect(mainOf(owner.page)).toContain('Google Chrome / Windows');
  // A request of the thief that is under way when the owner presses.
  await Promise.all([owner.submit('/end'), thief.open(`${world.issuer}/account`)]);
  for (const path of ['/account', '/account/history', '/account/my-data']) {
    await thief.open(`${world.issuer}${path}`);
    expect(thief.page.url).toContain('/login');
  }
  await owner.open(`${world.issuer}/account`);
  expect(mainOf(owner.page)).not.toContain('Windows');
});

test('S186 a service is used: the owner sees what it may see and when it last got access; a refused request is no use', async () => {
  const browser = world.browser('192.0.2.23');
  const shown = async (): Promise<string> => {
    await browser.open(`${world.issuer}/account`);
    return mainOf(browser.page).split('ご利用中のサービス')[1] ?? '';
  };
  const first = await signedIn(world as never, { scope: 'openid email' }, { email: YAMADA, browser });
  expect((await redeem(world as never, first.code, { verifier: 'x'.repeat(43), challenge: '' })).status).toBe(400);
  expect(await shown()).toMatch(/Attack web メールアドレス/);
  expect(await shown()).not.toContain('最後のご利用');
  const again = await signedIn(world as never, { scope: 'openid email' }, { email: YAMADA, browser });
  expect((await redeem(world as never, again.code, again.pkce)).status).toBe(200);
  const redeemedAt = formatTime(world.clock.now, 'ja');
  world.clock.now += 3 * HOUR_MS;
  expect(await shown()).toContain(`最後のご利用：${redeemedAt}`);
});
