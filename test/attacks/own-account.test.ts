// Attacks on what a person sees and ends at the own ID: the history of sign-ins, browsers, the link in the mail about a new browser, the
// offer of a passkey, the copy of the data. design/account.md, chapters 2 and 4.
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { myDataSchema } from '../../src/account/my-data/my-data.ts';
import { createFailedSignIns } from '../../src/authentication/failed-sign-ins.ts';
import { createSignIn } from '../../src/authentication/password/sign-in.ts';
import { headingOf, mainOf, type Browser } from '../support/http-browser.ts';
import { untilFound } from '../support/until-true.ts';
import { NEVER } from '../../src/domain/epoch-milliseconds.ts';
import { formatTime } from '../../src/http/format-time.ts';
import { ledgerOf } from '../support/ledger-of.ts';
import { CALLBACK } from './support/attack-world.ts';
import { basic, begin, redeem, returned, signedIn, token } from './support/client.ts';
import { detailsOf } from './support/migration.ts';
import { authenticatorFor, optionsOn } from './support/passkeys.ts';
import { startOwnAccountWorld, type OwnAccountWorld } from './support/own-account-world.ts';
import { noEmit } from '../support/no-emit.ts';

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
    emit: noEmit,
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

const NEW_BROWSER = '新しいブラウザーでログインがありました';
const linkIn = ({ text }: { text: string }): string => /http\S+report\?token=\S+/.exec(text)?.[0] ?? '';
const eventsOf = async (id: string, type: string): Promise<number> =>
  (await ledgerOf(world.storage)).filter((entry) => entry.subject === id && entry.type === type).length;
const isSignedIn = async (browser: Browser): Promise<boolean> => {
  await browser.open(`${world.issuer}/account`);
  return !browser.page.url.includes('/login');
};

/** Signs in in a browser that is new to the ID. Returns the link in the mail about it. */
async function signInAnew(browser: Browser, email: string, password = PASSWORD): Promise<string> {
  const { length } = world.mails;
  await openAccount(browser, { email, password });
  return linkIn(await world.mail(email, NEW_BROWSER, length));
}

test('S184 the link about a new browser is opened by scanners, forged, replayed, pressed twice or too late: only one press of its owner counts, once', async () => {
  const { id } = await world.account(SATO);
  const thief = world.browser('192.0.2.30', WINDOWS);
  const link = await signInAnew(thief, SATO);
  const owner = world.browser('192.0.2.31');
  for (const method of ['GET', 'HEAD', 'GET']) expect((await owner.send(link, { method })).status).toBe(200);
  expect(await isSignedIn(thief)).toBe(true);

  const token = new URL(link).searchParams.get('token') ?? '';
  const forged = [
    ...[0, 20, token.length - 6].map((at) => token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)),
    token.slice(0, -4),
    `${token}${'A'.repeat(2000)}`,
    `${id}.${token}`,
    '',
  ];
  for (const wrong of forged) {
    const answer = await owner.send(`${world.issuer}/account/sign-in/report?token=${encodeURIComponent(wrong)}`);
    expect(answer.status).toBe(400);
  }
  await owner.open(link);
  for (const wrong of forged) expect((await owner.post('/report', { token: wrong })).status).toBe(400);
  const crossSite = await owner.send(`${world.issuer}/account/sign-in/report`, {
    method: 'POST',
    body: new URLSearchParams({ token }),
    headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
  });
  expect(crossSite.status).toBe(403);
  expect(await isSignedIn(thief)).toBe(true);

  const { length } = world.mails;
  await owner.open(link);
  await Promise.all([owner, owner.copy(), owner.copy()].map(async (one) => one.submit('/report')));
  expect(headingOf(owner.page)).toBe('ログインは終了しています');
  expect(await isSignedIn(thief)).toBe(false);
  await world.mail(SATO, 'お心当たりのないログインを終了しました', length);
  expect(await eventsOf(id, 'account.sign_in_reported')).toBe(1);
  // It leads to a new password.
  await owner.submit('/password/forgotten');
  expect(headingOf(owner.page)).toBe('ご本人さまの確認');

  // A later sign-in is not the business of this link.
  world.clock.now += MINUTE_MS;
  const later = await openAccount(world.browser('192.0.2.32', IPHONE));
  await owner.open(link);
  expect(headingOf(owner.page)).toBe('ログインは終了しています');
  await owner.send(`${world.issuer}/account/sign-in/report`, {
    method: 'POST',
    body: new URLSearchParams({ token, csrf_token: owner.form('/password/forgotten').fields.csrf_token ?? '' }),
  });
  expect(await isSignedIn(later)).toBe(true);
  expect(await eventsOf(id, 'account.sign_in_reported')).toBe(1);
  expect(world.mails.slice(length).filter(({ subject }) => subject.includes('終了しました'))).toHaveLength(1);

  world.clock.now += 7 * 24 * HOUR_MS;
  expect((await owner.send(link)).status).toBe(400);
  expect(JSON.stringify(world.log)).not.toContain(token);
});

test('S185 a reported thief goes on with refresh tokens, a sign-in that was not finished, or the known password: nothing counts, and the owner is told again', async () => {
  const thief = world.browser('192.0.2.40', WINDOWS);
  const { length } = world.mails;
  const { code, pkce } = await signedIn(world as never, { scope: 'openid offline_access' }, { email: YAMADA, browser: thief });
  const { body } = await redeem(world as never, code, pkce);
  const refresh = async (): Promise<number> => {
    const params = { grant_type: 'refresh_token', refresh_token: String(body.refresh_token) };
    return (await token(world as never, params, { headers: basic('attack-web') })).status;
  };
  const link = linkIn(await world.mail(YAMADA, NEW_BROWSER, length));
  // The password was entered, and the session has not begun.
  const unfinished = world.browser('192.0.2.41', WINDOWS);
  await unfinished.open(`${world.issuer}/account`);
  const entered = await unfinished.post('/login', { login_id: YAMADA, password: PASSWORD });
  expect(entered.location).toContain('/auth/');

  const owner = world.browser('192.0.2.42');
  await owner.open(link);
  await owner.submit('/report');
  expect(headingOf(owner.page)).toBe('ログインは終了しています');
  expect(await refresh()).toBe(400);
  await unfinished.open(entered.location ?? '');
  expect(await isSignedIn(unfinished)).toBe(false);
  expect(await isSignedIn(thief)).toBe(false);
  // The browser of the thief is known by now, and the mail came a moment ago.
  await signInAnew(thief, YAMADA);

  // With an address that a thief has changed, no code is sent there, and the address is not shown.
  const { id } = await world.account(YAMADA);
  const moved = { email: 'thief@example.jp', email_canonical: 'thief@example.jp' };
  await world.storage.accounts.change(id, (standing) => ({ to: { ...standing, ...moved }, type: 'account.email_changed' }));
  await owner.open(link);
  expect(mainOf(owner.page)).toContain('メールアドレスが変更されています');
  expect(owner.page.text).not.toContain('thief@');
  const back = { email: YAMADA, email_canonical: YAMADA };
  await world.storage.accounts.change(id, (standing) => ({ to: { ...standing, ...back }, type: 'account.email_changed' }));

  // A new password ends the report.
  await world.storage.accounts.change(id, (standing) => ({
    to: { ...standing, password_changed_at: world.clock.now + 1 },
    type: 'account.password_changed',
  }));
  world.clock.now += HOUR_MS;
  const told = world.mails.length;
  await openAccount(thief, { email: YAMADA });
  const probe = world.browser('192.0.2.43', IPHONE);
  await signInAnew(probe, YAMADA);
  expect(world.mails.slice(told).filter(({ text }) => text.includes('Windows'))).toEqual([]);
});

const OFFER = 'パスキーを登録しませんか';
const OFFERED = { makes_passkeys: 'yes' };

/** Enters the password at the login page of this request, in a browser that can make passkeys. */
async function enterPassword(browser: Browser, email = SATO): Promise<void> {
  await browser.submit('/login', { login_id: email, password: PASSWORD, ...OFFERED }, CALLBACK);
}

test('S187 the offer of a passkey: made once, kept from migrations, devices and silent requests, declined for 30 days or for good, and no way to add a passkey without the password', async () => {
  const begun = async (browser = world.browser('192.0.2.50', IPHONE)): Promise<Browser> => {
    await begin(world as never, 'attack-web', {}, browser);
    await enterPassword(browser);
    return browser;
  };
  const arrived = ({ page }: Browser): boolean => page.location?.startsWith(CALLBACK) === true;
  const later = await begun();
  expect(headingOf(later.page)).toBe(OFFER);
  // A silent request is answered without a question.
  const silent = (await begin(world as never, 'attack-web', { prompt: 'none' }, later.copy())).page;
  expect(returned(silent).get('code')).not.toBeNull();
  // Nothing that is no passkey is one, and the password is needed within five minutes.
  const { id } = await world.account(SATO);
  await later.submit('/passkey-offer', { credential: '{}' }, CALLBACK);
  expect(headingOf(later.page)).toBe(OFFER);
  const authenticator = authenticatorFor(world.issuer);
  const options = optionsOn(later.page);
  const stranger = world.browser('192.0.2.51');
  await begin(world as never, 'attack-web', {}, stranger);
  await enterPassword(stranger, YAMADA);
  await stranger.submit('/passkey-offer', { credential: authenticator.create(options) }, CALLBACK);
  expect(headingOf(stranger.page)).toBe(OFFER);
  await stranger.submit('/decline', { until: 'never' }, CALLBACK);
  world.clock.now += 6 * MINUTE_MS;
  const credential = authenticator.create(options);
  await later.submit('/passkey-offer', { credential }, CALLBACK);
  expect(arrived(later)).toBe(true);
  expect((await world.account(SATO)).passkeys ?? []).toEqual([]);

  // あとで: not for 30 days.
  const resting = await begun();
  await resting.submit('/decline', { until: 'later' }, CALLBACK);
  expect(arrived(resting)).toBe(true);
  expect(arrived(await begun())).toBe(true);
  world.clock.now += 31 * 24 * HOUR_MS;
  // A device, a request for a dealer link and マイページ never make the offer, even if the form asks for it.
  const dealer = world.browser('192.0.2.54', IPHONE);
  const details = { scope: 'openid dealer_link', authorization_details: detailsOf('aichi-toyota') };
  await begin(world as never, 'attack-web', details, dealer);
  await dealer.submit('/dealer-link', { decision: 'skip' });
  await enterPassword(dealer);
  expect(arrived(dealer)).toBe(true);
  const own = world.browser('192.0.2.52', IPHONE);
  await own.open(`${world.issuer}/account`);
  await enterPassword(own);
  expect(own.page.url).toBe(`${world.issuer}/account`);

  // A passkey that is added is told like any other; then there is no offer.
  const adding = await begun();
  expect(headingOf(adding.page)).toBe(OFFER);
  const { length } = world.mails;
  await adding.submit('/passkey-offer', { credential: authenticator.create(optionsOn(adding.page)) }, CALLBACK);
  expect(arrived(adding)).toBe(true);
  await world.mail(SATO, 'パスキーが登録されました', length);
  expect(await eventsOf(id, 'account.passkey_added')).toBe(1);
  expect(arrived(await begun())).toBe(true);

  // 今後表示しない: for good.
  world.clock.now += 400 * 24 * HOUR_MS;
  const again = world.browser('192.0.2.53');
  await begin(world as never, 'attack-web', {}, again);
  await enterPassword(again, YAMADA);
  expect(arrived(again)).toBe(true);
});

test('S188 the data and the agreements of somebody else, at an open browser, with a wrong password, or from a cache: nothing is shown, and no secret is in the own copy', async () => {
  const browser = await openAccount(world.browser('192.0.2.60', IPHONE), { email: YAMADA });
  const [link] = await world.storage.dealerLinks.listByAccount((await world.account(YAMADA)).id);
  const linkUrl = `${world.issuer}/account/dealer-links/${link?.id}`;
  const stranger = await openAccount(world.browser('192.0.2.61'));
  for (const path of ['', '/withdraw']) expect((await stranger.send(linkUrl + path)).status).toBe(404);
  const sha256 = link?.consent.text.sha256 ?? '';
  const kept = { text: 'この日の文章\n<script>alert(2)</script>', expires_at: NEVER };
  await world.storage.agreedTexts.change(sha256, () => kept);
  await browser.open(linkUrl);
  expect(mainOf(browser.page)).toMatch(/この日の文章 <script>alert\(2\)<\/script>/);
  expect(browser.page.headers['cache-control']).toContain('no-store');

  world.clock.now += 6 * MINUTE_MS;
  for (const path of ['/shown', '/file']) {
    await browser.open(`${world.issuer}/account/my-data${path}`);
    expect(browser.page.url).toBe(`${world.issuer}/account/my-data`);
  }
  await browser.submit('/my-data');
  await browser.submit('/my-data', { password_again: 'Guessed-1' });
  expect(browser.page.status).toBe(422);
  await browser.submit('/my-data', { password_again: PASSWORD });
  expect(browser.page.url).toBe(`${world.issuer}/account/my-data/shown`);
  await untilFound('the failure is written', async () => (await historyOf(YAMADA))?.failures?.[0]);
  const file = await browser.send(`${world.issuer}/account/my-data/file`);
  expect(file.headers['cache-control']).toContain('no-store');
  const data = myDataSchema.parse(JSON.parse(file.text));
  expect(data.failed_sign_ins[0]).toMatchObject({
    method: 'password',
    device: 'Safari / iPhone',
    region: { en: 'Aichi, Japan' },
  });
  expect(data.browsers.some(({ device }) => device === 'Safari / iPhone')).toBe(true);
  const { password_hash: hash, email } = await world.account(YAMADA);
  expect(email).toBe(data.account.email);
  for (const secret of [hash, 'public_key', 'sealed', SATO]) expect(file.text).not.toContain(secret);
});
