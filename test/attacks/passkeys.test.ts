// Attacks on passkeys over HTTP, with an authenticator of software: docs/attacks.md, S141, S146 and S148–S151.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { headingOf, mainOf, unescapeHtml, type Answer, type Browser } from '../support/http-browser.ts';
import type { Lies, SoftwareAuthenticator } from '../support/software-authenticator.ts';
import { CALLBACK, startWorld, type World } from './support/attack-world.ts';
import { begin, redeem, returned, signIn } from './support/client.ts';
import { PASSWORD as NEW_PASSWORD, registerUpTo } from './support/registration.ts';
import { addPasskey as addPasskeyAt, authenticatorFor, optionsOn, presentPasskey } from './support/passkeys.ts';

// Processes start and mails travel slowly on a busy machine.
jest.setTimeout(60_000);

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const PASSWORD = 'Common-2026';
const [SATO, YAMADA] = ['sato@example.jp', 'yamada@example.jp'];
const LEXUS = 'https://id.lexus.example';
const ASKED = 'パスワードの確認';
const ASKED_AFTER = '2段階認証';
const REFUSED = 'このパスキーではログインできませんでした';

let world: World;
beforeAll(async () => {
  world = await startWorld({
    env: { PASSKEY_ORIGINS: LEXUS },
    clients: {
      'attack-strong': {
        client_name: 'Attack strong',
        application_type: 'web',
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: { $env: 'ATTACK_WEB_SECRET' },
        redirect_uris: [CALLBACK],
        scope: 'openid',
        common_id: { first_party: true, contact: 'attacks', required_acr: 'phr' },
      },
    },
    policy: ({ rate_limits: limits }) => Object.assign(limits.login, { failures_per_address: 4, failures_per_network: 400 }),
  });
});
afterAll(async () => world?.close());

const newAuthenticator = (): SoftwareAuthenticator => authenticatorFor(world.issuer);
const addPasskey = async (browser: Browser): Promise<SoftwareAuthenticator> => addPasskeyAt(world.issuer, browser);

async function openAccount(email: string, browser = world.browser()): Promise<Browser> {
  await browser.open(`${world.issuer}/account`);
  await signIn(browser, email);
  return browser;
}

/** The options that the script of the login page asks for. */
async function loginOptions(browser: Browser): Promise<{ challenge: string }> {
  const { action } = browser.form('/login/passkey');
  const answer = await browser.send(`${action}/options`);
  expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store']);
  return JSON.parse(answer.text) as { challenge: string };
}

/** A login at `attack-web` with a passkey, to the answer. */
async function present(authenticator: SoftwareAuthenticator, lies: Lies = {}, browser = world.browser()): Promise<Answer> {
  if (!browser.page.url.includes('/login')) await begin(world, 'attack-web', {}, browser);
  const answer = await browser.post('/login/passkey', { credential: authenticator.get(await loginOptions(browser), lies) });
  return answer.location === undefined ? answer : browser.open(answer.location, CALLBACK);
}

/** What an answer tells, without what is random in every answer. */
const told = ({ status, text, headers }: Answer): unknown => {
  const bare = text
    .replace(/<div hidden data-passkey-signal=[^>]*><\/div>\n/, '')
    .replaceAll(/name="csrf_token" value="[^"]*"|\/interaction\/[\w-]+|again=[\w-]+|interaction=[\w-]+/g, '…');
  return { status, bare, headers: Object.keys(headers).toSorted() };
};

test('S141 the login page, its options and its refusals name nobody: they are the same with and without an account', async () => {
  const owner = await openAccount(SATO);
  const authenticator = await addPasskey(owner);
  const known = owner.copy();
  known.cookies.delete('common-id.session');
  const browsers = [known, world.browser()];
  const pages: unknown[] = [];
  for (const browser of browsers) {
    const { page } = await begin(world, 'attack-web', { prompt: 'login' }, browser);
    const { challenge, ...options } = await loginOptions(browser);
    expect(challenge).toMatch(/^[\w-]{43}$/);
    pages.push({ options, page: told(page) });
  }
  expect(pages[0]).toEqual(pages[1]);
  expect(pages[0]).toMatchObject({ options: { rpId: '127.0.0.1', userVerification: 'required' } });

  const answers = [
    // A passkey and a handle of nobody's, the passkey of an account with a wrong signature, and without user verification.
    await present(newAuthenticator(), { userHandle: 'A'.repeat(43) }),
    await present(authenticator, { signWith: newAuthenticator().privateKey }),
    await present(authenticator, { userVerified: false }),
  ];
  const [first, ...others] = answers.map(told);
  expect(first).toMatchObject({ status: 422, bare: expect.stringContaining(REFUSED) });
  for (const other of others) expect(other).toEqual(first);
});

test('S144 browsers are told which other origins may use the passkeys', async () => {
  const answer = await world.request('/.well-known/webauthn');
  expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { origins: [world.issuer, LEXUS] }]);
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
});

test('S144 a password at a client that requires a passkey: the passkey is asked for then; a passkey alone is enough', async () => {
  const authenticator = await addPasskey(await openAccount(SATO));
  const { browser } = await begin(world, 'attack-strong', { scope: 'openid' });
  expect(mainOf(browser.page)).toContain('パスキーでのログインが必要です');
  await signIn(browser);
  expect([headingOf(browser.page), mainOf(browser.page)]).toEqual([
    ASKED_AFTER,
    expect.stringContaining('パスキーでの確認が必要です'),
  ]);
  expect(returned(await presentPasskey(browser, authenticator, CALLBACK)).has('code')).toBe(true);
  expect(
    returned(await present(authenticator, {}, (await begin(world, 'attack-strong', { scope: 'openid' })).browser)).has('code'),
  ).toBe(true);
  // A session that began with a password is asked for more, and one that began with a passkey is not.
  const weak = await begin(world, 'attack-strong', { scope: 'openid' }, await openAccount(SATO));
  expect(headingOf(weak.page)).toBe(ASKED_AFTER);
  expect(returned((await begin(world, 'attack-strong', { scope: 'openid' }, browser)).page).has('code')).toBe(true);
});

test('S146 a removed passkey: no login, the owner is told, and the browser is told to forget it', async () => {
  const owner = await openAccount(YAMADA);
  const authenticator = await addPasskey(owner);
  expect(returned(await present(authenticator)).has('code')).toBe(true);
  await owner.open(`${world.issuer}/account/passkeys`);
  await owner.open(new URL(/href="([^"]+\/remove)"/.exec(owner.page.text)?.[1] ?? '', world.issuer).href);
  await owner.submit('/remove');
  expect(owner.page.url).toBe(`${world.issuer}/account/passkeys?done=removed`);
  const answer = await present(authenticator);
  expect([answer.status, mainOf(answer).includes(REFUSED)]).toEqual([422, true]);
  expect(unescapeHtml(answer.text)).toContain(
    `data-passkey-signal="{"signalName":"unknownCredential","rpID":"127.0.0.1","credentialID":"${authenticator.id}"}"`,
  );
  const subjects = (await Promise.all([1, 2, 3].map(async (count) => world.mail(YAMADA, count)))).map(({ subject }) => subject);
  expect(subjects.join()).toContain('パスキーが削除されました');
});

test('S148 a stolen session, six minutes after the password: it adds and removes no passkey, not even with an open page', async () => {
  const thief = await openAccount(SATO);
  await thief.open(`${world.issuer}/account/passkeys`);
  await thief.submit('/passkeys/add');
  const [open, form] = [optionsOn(thief.page), thief.form('/account/passkeys')];
  await thief.open(`${world.issuer}/account/passkeys`);
  const list = thief.page;
  const remove = /href="([^"]+\/remove)"/.exec(list.text)?.[1] ?? '';
  const count = (): number => passkeysOf(SATO).length;
  const before = count();
  await world.advance(6 * MINUTE);
  // The page that asks for a passkey, its address, and a challenge from before.
  await thief.submit('/passkeys/add');
  expect([thief.page.status, headingOf(thief.page)]).toEqual([422, ASKED]);
  await thief.open(`${world.issuer}/account/passkeys/add`);
  expect(() => thief.form('/account/passkeys')).toThrow('no form');
  await thief.submit(form, { credential: newAuthenticator().create(open) });
  expect([thief.page.status, headingOf(thief.page)]).toEqual([422, ASKED]);
  await thief.open(`${world.issuer}${remove}`);
  await thief.submit('/remove');
  expect([thief.page.status, headingOf(thief.page)]).toEqual([422, ASKED]);
  for (const guess of ['', 'Guessed-1']) {
    await thief.submit('/remove', { password_again: guess });
    expect([thief.page.status, headingOf(thief.page)]).toEqual([422, ASKED]);
  }
  expect(count()).toBe(before);
  // The owner proves it with the passkey instead of the password.
  const owner = await openAccount(SATO);
  const authenticator = await addPasskey(owner);
  await world.advance(6 * MINUTE);
  await owner.open(`${world.issuer}/account/passkeys`);
  await owner.submit('/passkeys/add');
  expect(headingOf(owner.page)).toBe(ASKED);
  const again = optionsOn(owner.page);
  const wrong = authenticator.get(again, { userVerified: false });
  const passkeyForm = () => ({
    ...owner.form('/passkeys/add'),
    fields: { ...owner.form('/passkeys/add').fields, password_again: '' },
  });
  await owner.submit(passkeyForm(), { credential: wrong });
  expect([headingOf(owner.page), mainOf(owner.page).includes('このパスキーでは確認できませんでした')]).toEqual([ASKED, true]);
  await owner.submit(passkeyForm(), { credential: authenticator.get(optionsOn(owner.page)) });
  expect(headingOf(owner.page)).toBe('パスキーの登録');
  expect(optionsOn(owner.page).excludeCredentials?.map(({ id }) => id)).toContain(authenticator.id);
});

test('S148 another person’s passkey at the page that asks again: refused', async () => {
  const [owner, other] = [await openAccount(SATO), await openAccount(YAMADA)];
  const [own, foreign] = [await addPasskey(owner), await addPasskey(other)];
  await world.advance(6 * MINUTE);
  await owner.open(`${world.issuer}/account/passkeys`);
  await owner.submit('/passkeys/add');
  const form = owner.form('/passkeys/add');
  await owner.submit(form, { password_again: '', credential: foreign.get(optionsOn(owner.page)) });
  expect(headingOf(owner.page)).toBe(ASKED);
  await owner.submit(form, { password_again: '', credential: own.get(optionsOn(owner.page)) });
  expect(headingOf(owner.page)).toBe('パスキーの登録');
});

test('S148 a page of another site, and a challenge of another browser: neither signs in nor adds a passkey', async () => {
  const owner = await openAccount(YAMADA);
  const authenticator = await addPasskey(owner);
  const [attacker, victim] = [world.browser(), world.browser()];
  await begin(world, 'attack-web', {}, attacker);
  await begin(world, 'attack-web', {}, victim);
  const stolen = authenticator.get(await loginOptions(victim));
  expect((await attacker.post('/login/passkey', { credential: stolen })).status).toBe(422);
  for (const headers of [{ Origin: 'https://evil.example' }, { 'Sec-Fetch-Site': 'cross-site' }]) {
    const answer = await victim.post('/login/passkey', { credential: stolen }, { headers });
    expect(answer.status).toBe(403);
  }
  expect((await victim.post('/login/passkey', { credential: stolen, csrf_token: 'guessed' })).status).toBe(403);
  // Nothing of that used the challenge up.
  expect(returned(await victim.submit('/login/passkey', { credential: stolen }, CALLBACK)).has('code')).toBe(true);
});

test('S149 failures with passkeys count for the address; a right passkey passes, and customers of other addresses do not notice', async () => {
  const owner = await openAccount(SATO);
  const authenticator = await addPasskey(owner);
  const from = world.freshAddress();
  const there = (): Browser => world.browser({ from });
  const statuses: number[] = [];
  let last: Answer | undefined;
  await world.withClockStopped(async () => {
    for (let n = 0; n < 7; n += 1) {
      last = await present(newAuthenticator(), { userHandle: 'A'.repeat(43) }, there());
      statuses.push(last.status);
    }
    // Above the limit, one is let through in two seconds.
    expect(statuses).toEqual([422, 422, 422, 422, 422, 429, 429]);
    expect(Number(last?.headers['retry-after'])).toBeGreaterThan(0);
    // Failures with passwords have the same limit.
    const { browser } = await begin(world, 'attack-web', {}, there());
    expect((await browser.post('/login', { login_id: YAMADA, password: 'Wrong-0000' })).status).toBe(429);
    expect(returned(await present(authenticator, {}, there())).has('code')).toBe(true);
    expect((await present(newAuthenticator(), { userHandle: 'A'.repeat(43) })).status).toBe(422);
  });
});

test('S150 a sign-in by passkey: the client is told how, and it ends with a new password like any other', async () => {
  const owner = await openAccount(YAMADA);
  const authenticator = await addPasskey(owner);
  const { browser, pkce } = await begin(world, 'attack-web');
  const answer = await present(authenticator, {}, browser);
  const { body } = await redeem(world, returned(answer).get('code') ?? '', pkce);
  const claims = JSON.parse(Buffer.from(String(body.id_token).split('.')[1] ?? '', 'base64url').toString()) as object;
  expect(claims).toMatchObject({ acr: 'phr', amr: ['hwk', 'user', 'mfa'] });
  await browser.open(`${world.issuer}/account`);
  expect(headingOf(browser.page)).toBe('マイページ');
  // The account is restored below.
  for (const [current, password] of [
    [PASSWORD, 'Changed-2026'],
    ['Changed-2026', PASSWORD],
  ] as const) {
    await owner.open(`${world.issuer}/account/password`);
    await owner.submit('/account/password', { current_password: current, password });
    expect(owner.page.url).toContain('done=password');
  }
  await browser.open(`${world.issuer}/account`);
  expect(headingOf(browser.page)).toBe('TOYOTA/LEXUSの共通IDでログイン');
  // The passkey still works, because its owner did not remove it.
  expect(returned(await present(authenticator)).has('code')).toBe(true);
});

test('S151 hostile values in every field of the forms: never an error of ours, and nothing is stored', async () => {
  const browser = await openAccount(SATO);
  const before = passkeysOf(SATO);
  await browser.open(`${world.issuer}/account/passkeys`);
  await browser.submit('/passkeys/add');
  const add = browser.form('/account/passkeys');
  const rename = /href="([^"]+\/rename)"/.exec((await browser.open(`${world.issuer}/account/passkeys`)).text)?.[1] ?? '';
  await browser.open(`${world.issuer}${rename}`);
  const name = browser.form('/rename');
  const login = world.browser();
  await begin(world, 'attack-web', {}, login);
  const values = ['', 'null', '{}', '[{}]', '"', '{"id":{"$ne":1}}', '\u0000', '😀'.repeat(2_000), '{"id":"'.repeat(1_000)];
  for (const value of values) {
    const form = login.form('/login/passkey');
    const statuses = [
      (await login.post(form, { credential: value })).status,
      (await browser.post(add, { credential: value })).status,
      (await browser.post(name, { name: value.slice(0, 1) === '{' ? value.repeat(50).slice(0, 9_000) : '' })).status,
    ];
    expect([value.slice(0, 9), statuses.filter((status) => ![400, 413, 422, 429].includes(status))]).toEqual([
      value.slice(0, 9),
      [],
    ]);
    await world.advance(3_000);
  }
  for (const path of ['constructor', '__proto__', '%2e%2e', 'x'.repeat(3_000)])
    for (const action of ['rename', 'remove'])
      expect((await browser.send(`${world.issuer}/account/passkeys/${path}/${action}`)).status).toBe(404);
  expect(passkeysOf(SATO)).toEqual(before);
});

test('the offer of a passkey rests for 30 days, or for good', async () => {
  const { browser, email } = await registerUpTo(world, 'complete');
  const isOffered = async (): Promise<boolean> => {
    await browser.open(`${world.issuer}/account`);
    if (browser.page.url.includes('/login')) await signIn(browser, email, NEW_PASSWORD);
    expect(headingOf(browser.page)).toBe('マイページ');
    return browser.page.text.includes('/passkeys/offer');
  };
  expect(await isOffered()).toBe(true);
  await browser.submit('/passkeys/offer', { until: 'later' });
  await world.advance(29 * DAY);
  expect(await isOffered()).toBe(false);
  await world.advance(DAY);
  expect(await isOffered()).toBe(true);
  const other = browser.form('/passkeys/offer');
  await browser.submit('/passkeys/offer', { until: 'never' });
  // Another tab, in which it was still shown.
  await browser.submit(other, { until: 'later' });
  await world.advance(400 * DAY);
  expect(await isOffered()).toBe(false);
});

function passkeysOf(email: string): unknown[] {
  const [row] = world.rows<{ passkeys: string | null }>(
    `SELECT document -> 'passkeys' AS passkeys FROM accounts WHERE document ->> 'email' = ?`,
    email,
  );
  return JSON.parse(row?.passkeys ?? '[]') as unknown[];
}
