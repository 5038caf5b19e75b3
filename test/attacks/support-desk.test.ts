// Attacks on an ID that an operator has disabled, and on the commands of the support desk. design/operations.md, chapter 4.
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Account } from '../../src/domain/account.ts';
import { startAdminProcess, type AdminProcess, type Ended } from '../scripts/run-admin.ts';
import { headingOf, mainOf, type Browser } from '../support/http-browser.ts';
import { ledgerOf } from '../support/ledger-of.ts';
import { untilTrue } from '../support/until-true.ts';
import { basic, begin, redeem, returned, signedIn, token } from './support/client.ts';
import { startOwnAccountWorld, type OwnAccountWorld } from './support/own-account-world.ts';
import { addPasskey, presentPasskey } from './support/passkeys.ts';
import { turnOn } from './support/second-factor.ts';

jest.setTimeout(90_000);

const [SATO, YAMADA, PASSWORD] = ['sato@example.jp', 'yamada@example.jp', 'Common-2026'];
const BIRTHDAY = { birthdate_year: '1988', birthdate_month: '7', birthdate_day: '21' };
const MINUTE_MS = 60_000;
const DISABLED = 'このIDは利用を停止しています';
const WHY = ['--operator', 'a.tanaka', '--reason', 'ticket 4711'];

let world: OwnAccountWorld;
let commands: AdminProcess;
beforeAll(async () => {
  const told = { client_name: 'Told', application_type: 'web', token_endpoint_auth_method: 'client_secret_basic' };
  world = await startOwnAccountWorld({
    clients: {
      'attack-told': {
        ...told,
        client_secret: { $env: 'ATTACK_WEB_SECRET' },
        redirect_uris: ['http://127.0.0.1:9/callback'],
        backchannel_logout_uri: 'http://127.0.0.1:9/told',
        scope: 'openid email offline_access',
        grant_types: ['authorization_code', 'refresh_token'],
        common_id: { first_party: true, contact: 'attacks' },
      },
    },
  });
  commands = startAdminProcess();
});
afterAll(async () => {
  commands?.stop();
  await world?.close();
});
beforeEach(() => {
  world.clock.now += 25 * 60 * MINUTE_MS;
});

/** Runs a command of the support desk, at the time of the world. */
async function desk(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const began = Date.now();
  const ended = await commands.run({
    args: [...args, '--project', world.directory],
    env: { PATH: process.env.PATH, ...world.env, TEST_CLOCK_AHEAD: String(world.clock.now - began), ...env },
  });
  // What the command has written is due.
  world.clock.now += Date.now() - began + 1;
  return ended;
}
async function done(...args: string[]): Promise<string> {
  const { code, out, err } = await desk([...args, ...WHY]);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${String(code)} ${out}${err}`);
  return out;
}
const json = async (...args: string[]): Promise<unknown> => JSON.parse(await done(...args, '--json'));

async function open(browser: Browser, { email = YAMADA, password = PASSWORD, path = '/account' } = {}): Promise<Browser> {
  await browser.open(`${world.issuer}${path}`);
  if (browser.page.url.includes('/login')) await browser.submit('/login', { login_id: email, password });
  return browser;
}
const eventsOf = async (subject: string): Promise<string[]> =>
  (await ledgerOf(world.storage)).filter((entry) => entry.subject === subject).map(({ type }) => type);
const refresh = async (refreshToken: string, clientId: string): Promise<number> =>
  (await token(world as never, { grant_type: 'refresh_token', refresh_token: refreshToken }, { headers: basic(clientId) }))
    .status;

test('S190 a disabled ID is tried by every way in that was open before: none of them opens it, its owner learns whom to call, and enabled again it is what it was', async () => {
  const { id } = await world.account(YAMADA);
  const owner = await open(world.browser('192.0.2.1'));
  const authenticator = await addPasskey(world.issuer, owner);
  const clientId = 'attack-told';
  const there = await signedIn(world as never, { scope: 'openid offline_access email' }, { clientId, browser: owner });
  const { body } = await redeem(world as never, there.code, there.pkce, { clientId });
  const me = async (): Promise<number> =>
    (await fetch(`${world.issuer}/me`, { headers: { Authorization: `Bearer ${String(body.access_token)}` } })).status;
  expect(await me()).toBe(200);
  const { code: unredeemed, pkce } = await signedIn(world as never, {}, { browser: owner });
  // Resets whose code waits, and whose code was entered.
  const reset = async (browser: Browser, until: 'code' | 'new'): Promise<string> => {
    const { length } = world.mails;
    await browser.open(`${world.issuer}/password/forgotten`);
    await browser.submit('/password/forgotten', { email: YAMADA });
    const code = (await world.mail(YAMADA, '認証番号', length)).subject.replaceAll(/\D/g, '');
    if (until === 'new') await browser.submit('/password/forgotten/code', { ...BIRTHDAY, code });
    return code;
  };
  const [waiting, entered] = [world.browser('192.0.2.2'), world.browser('192.0.2.3')];
  const code = await reset(waiting, 'code');
  await reset(entered, 'new');
  expect(entered.page.url).toContain('/password/forgotten/new');
  // A sign-in that stands before its second factor.
  const { app } = await turnOn(world.issuer, owner, () => world.clock.now);
  const half = await open(world.browser('192.0.2.4'));
  expect(half.page.url).toContain('/second-factor');
  const { password_hash: before } = await world.account(YAMADA);

  expect(await json('accounts', 'disable', id)).toMatchObject({ done: 'disabled' });
  await world.mail(YAMADA, '利用を停止しています');
  const told = await world.storage.jobs.listAfter('waiting', '', 100, 'backchannel_logout');
  expect(told.map(({ payload }) => payload)).toContainEqual(expect.objectContaining({ client_id: clientId, sub: id }));

  // Sessions, tokens and codes.
  for (const browser of [owner, half]) {
    await browser.open(`${world.issuer}/account`);
    expect(browser.page.url).toContain('/login');
  }
  const silent = await begin(world as never, 'attack-web', { prompt: 'none' }, owner);
  expect(returned(silent.page).get('error')).toBe('login_required');
  expect([await me(), await refresh(String(body.refresh_token), clientId)]).toEqual([401, 400]);
  expect((await redeem(world as never, unredeemed, pkce)).status).toBe(400);
  expect((await half.send(`${world.issuer}/account/second-factor`)).status).not.toBe(200);

  // Sign-ins. A wrong password gets the same answer as before, so that only the owner learns of it.
  const stranger = await open(world.browser('198.51.100.1'), { password: 'Guessed-1' });
  expect([stranger.page.status, mainOf(stranger.page).includes('停止')]).toEqual([422, false]);
  for (const language of ['ja', 'en']) {
    const browser = world.browser('192.0.2.5');
    await browser.open(`${world.issuer}/account?ui_locales=${language}`);
    browser.options.headers = { ...browser.options.headers, 'Accept-Language': language };
    await browser.open(`${world.issuer}/account`);
    await browser.submit('/login', { login_id: YAMADA, password: PASSWORD });
    expect([browser.page.status, headingOf(browser.page)]).toEqual([403, language === 'ja' ? DISABLED : 'This ID is disabled']);
  }
  const withPasskey = world.browser('192.0.2.6');
  await withPasskey.open(`${world.issuer}/account`);
  await presentPasskey(withPasskey, authenticator);
  expect([withPasskey.page.status, headingOf(withPasskey.page)]).toEqual([403, DISABLED]);

  // New passwords.
  await entered.submit('/password/forgotten/new', { password: 'Thiefs-2026' });
  expect(headingOf(entered.page)).toBe(DISABLED);
  await waiting.submit('/password/forgotten/code', { ...BIRTHDAY, code });
  expect(headingOf(waiting.page)).toBe(DISABLED);
  const mails = (): string[] => world.mails.filter(({ to }) => to === YAMADA).map(({ subject }) => subject);
  const { length } = world.mails;
  const again = world.browser('192.0.2.7');
  await again.open(`${world.issuer}/password/forgotten`);
  await again.submit('/password/forgotten', { email: YAMADA });
  await world.mail(YAMADA, '利用を停止しています', length);

  // Another ID with the same address.
  const registering = await begin(world as never, 'attack-web', { prompt: 'create' }, world.browser('192.0.2.8'));
  await registering.browser.submit('/create', { terms: 'yes' });
  const asked = world.mails.length;
  await registering.browser.submit('/create/email', { email: YAMADA });
  await world.mail(YAMADA, '利用を停止しています', asked);
  expect(world.mails.slice(length).filter(({ subject }) => /認証番号|すでにお持ち/.test(subject))).toEqual([]);
  expect(mails().filter((subject) => subject.includes('停止'))).toHaveLength(3);

  expect(await world.account(YAMADA)).toMatchObject({ id, password_hash: before, disabled_by: 'operator' });
  // A second operator changes nothing.
  const twice = await desk(['accounts', 'disable', id, ...WHY]);
  expect([twice.code, twice.err]).toEqual([1, 'nothing was changed: the account is disabled\n']);

  await done('accounts', 'enable', id);
  await world.mail(YAMADA, '利用を再開しました');
  await owner.open(`${world.issuer}/account`);
  expect(owner.page.url).toContain('/login');
  expect([await me(), await refresh(String(body.refresh_token), clientId)]).toEqual([401, 400]);
  await half.open(`${world.issuer}/account`);
  expect(half.page.url).toContain('/login');
  world.clock.now += MINUTE_MS;
  await open(owner);
  await owner.submit('/second-factor', { code: app.code(world.clock.now) });
  expect(headingOf(owner.page)).toBe('マイページ');
  const types = await eventsOf(id);
  expect(types.filter((type) => type.endsWith('abled'))).toEqual(['account.disabled', 'account.enabled']);
  expect((await desk(['accounts', 'enable', id, ...WHY])).err).toBe('nothing was changed: the account is active\n');
});

test('S190 an ID is disabled while a page of a step is open, and the process died before the sessions ended: the step writes nothing', async () => {
  const { id } = await world.account(SATO);
  for (const [state, status, heading] of [
    [{ disabled_at: 1, disabled_by: 'operator' as const }, 403, DISABLED],
    [{ disabled_at: 1, withdrawal: { at: 1, erase_at: 1 } }, 400, '画面の有効期限が切れました'],
  ] as const) {
    const { browser } = await begin(world as never, 'attack-third', { scope: 'openid profile' }, world.browser('192.0.2.9'));
    await browser.submit('/login', { login_id: SATO, password: PASSWORD });
    expect(browser.page.url).toContain('/consent');
    const before = await eventsOf(id);
    const { changed } = await world.storage.accounts.change(id, (standing) => ({
      to: { ...standing, ...state },
      type: 'account.profile_changed',
    }));
    expect(changed).toBe(true);
    await browser.submit('/consent', { decision: 'allow' });
    expect([browser.page.status, headingOf(browser.page)]).toEqual([status, heading]);
    expect((await eventsOf(id)).slice(before.length)).toEqual(['account.profile_changed']);
    await world.storage.accounts.change(id, ({ disabled_at: _at, disabled_by: _by, withdrawal: _withdrawal, ...to }) => ({
      to,
      type: 'account.profile_changed',
    }));
  }
});

test('S191 an operator without a name or a reason, with personal data in it, with a part of an identifier, with markup: refused, without a trace of a person, and no stack', async () => {
  const { id } = await world.account(SATO);
  const acted = async (): Promise<number> => (await ledgerOf(world.storage)).filter(({ data }) => 'operator' in data).length;
  const before = await acted();
  const acts = [
    ...['find', 'show', 'timeline', 'unlock', 'end-sessions', 'disable', 'enable', 'remove-second-factor', 'export'].map(
      (name) => [name, id],
    ),
    ['erase', id, '--confirm', id],
  ].map((args) => ['accounts', ...args]);
  const refused = async (args: string[], code: number, says: string, env = {}): Promise<void> => {
    const ended = await desk(args, env);
    expect({ args, ...ended }).toMatchObject({ code, out: '', err: expect.stringContaining(says) });
    expect(ended.err).not.toMatch(/\n\s+at /);
  };
  for (const args of [...acts, ['jobs', 'retry', '--kind', 'send_mail'], ['jobs', 'drop', 'x']]) {
    await refused(args, 2, 'give --operator and --reason');
    await refused([...args, '--operator', 'A Tanaka', '--reason', 'ticket 1'], 2, '--operator: expected');
    await refused([...args, '--operator', 'a.tanaka', '--reason', '  x '], 2, '--reason: expected 4 to 200');
    await refused([...args, '--operator', 'a.tanaka', '--reason', 'called from x@y.jp'], 2, 'no personal data');
  }
  for (const args of acts) {
    await refused([...args, '--operator', 'a.tanaka', '--reason', 'ticket of 佐藤さん'], 2, 'no personal data');
    const [, name = '', , ...more] = args;
    if (name === 'find') continue;
    const unknown = more.length > 0 ? ['--confirm', 'unknown'] : [];
    await refused(['accounts', name, 'unknown', ...unknown, ...WHY], 1, 'there is no account unknown');
  }
  await refused(['accounts', 'show', id, ...WHY], 1, 'does not exist', { DATABASE_URL: 'sqlite:/nowhere/none.sqlite' });
  // Parts of identifiers, patterns, and the address of nobody.
  for (const part of ['sato', '@example.jp', 's*@example.jp', '%', id.slice(0, -1), '', '<b>', 'nobody@example.jp', '090'])
    await refused(['accounts', 'find', part, ...WHY], 1, 'no account was found');
  await refused(['accounts', 'find', '0ad1c9f05a3e', ...WHY], 1, 'request_id of the log');
  await refused(['accounts', 'erase', id, '--confirm', 'another', ...WHY], 2, '--confirm');
  await refused(['accounts', 'timeline', id, '--language', 'fr', ...WHY], 2, '--language: expected ja or en');
  await refused(['jobs', 'list', '--kind', 'send_mial'], 2, 'send_mail');
  await refused(['jobs', 'list', '--state', 'lost'], 2, '--state: expected');
  await refused(['jobs', 'drop', 'unknown', ...WHY], 1, 'there is no job with this key');
  await refused(['jobs', 'retry', ...WHY], 2, 'give --key or --kind');
  expect(await acted()).toBe(before);
  expect((await world.account(SATO)).disabled_at).toBeUndefined();
});

test('S192 an operator looks, unmasks, copies, signs out, lifts limits: each is an event with who and why, identifiers stay masked, and the owner gets a mail of each change', async () => {
  const { id } = await world.account(SATO);
  for (const identifier of [id, SATO, ' Sato@EXAMPLE.jp '])
    expect(await json('accounts', 'find', identifier)).toEqual([
      { account: id, found_by: identifier === id ? 'account_id' : 'email', email: 's***@example.jp', state: 'active' },
    ]);
  const owner = await open(world.browser('192.0.2.20'), { email: SATO });
  const clientId = 'attack-told';
  const there = await signedIn(world as never, { scope: 'openid offline_access' }, { email: SATO, clientId, browser: owner });
  const { body } = await redeem(world as never, there.code, there.pkce, { clientId });
  for (let n = 0; n < 12; n += 1) await open(world.browser('198.51.100.9'), { email: SATO, password: `Wrong-000${n}` });
  const paused = await open(world.browser('198.51.100.9'), { email: SATO });
  expect(paused.page.status).toBe(429);

  const masked = await done('accounts', 'show', id);
  expect(masked).not.toMatch(/sato|佐藤|090/);
  expect(masked).toMatch(/sign_in +\d+ +yes/);
  expect(await done('accounts', 'show', id, '--unmask')).toContain(SATO);
  const shown = (await json('accounts', 'show', id)) as { browsers: unknown[]; services: unknown[]; limits: unknown[] };
  expect(shown).toMatchObject({
    state: 'active',
    identifiers: { email: 's***@example.jp' },
    services: [{ client_id: clientId }],
  });
  expect(shown.browsers[0]).toMatchObject({ clients: [clientId] });
  const copy = (await json('accounts', 'export', id)) as { account: { email: string } };
  expect(copy.account.email).toBe(SATO);
  const file = join(world.directory, 'copy.json');
  expect(await done('accounts', 'export', id, '--to', file)).not.toContain(SATO);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ account: { email: SATO } });
  expect((await desk(['accounts', 'export', id, '--to', file, ...WHY])).err).toContain('exists already');

  expect(await json('accounts', 'unlock', id)).toMatchObject({ limits: expect.arrayContaining(['sign_in']) });
  await world.mail(SATO, '一時停止を解除しました');
  const free = await open(world.browser('198.51.100.9'), { email: SATO });
  expect(headingOf(free.page)).toBe('マイページ');

  // The service has a refresh token, and the session in which it got it has ended.
  const { artifacts } = world.storage;
  for (const session of await artifacts.listByAccount('Session', id, 10)) {
    const payload = await artifacts.find('Session', session);
    if (JSON.stringify(payload).includes(clientId)) await artifacts.destroy('Session', session);
  }
  await done('accounts', 'end-sessions', id);
  await world.mail(SATO, 'ログアウトしました');
  for (const browser of [owner, free]) {
    await browser.open(`${world.issuer}/account`);
    expect(browser.page.url).toContain('/login');
  }
  expect(await refresh(String(body.refresh_token), clientId)).toBe(400);
  const told = await world.storage.jobs.listAfter('waiting', '', 100, 'backchannel_logout');
  expect(told.map(({ payload }) => payload)).toContainEqual({ client_id: clientId, sub: id });

  const entries = (await ledgerOf(world.storage)).filter(({ subject, data }) => subject === id && 'operator' in data);
  for (const { data } of entries) expect(data).toMatchObject({ operator: 'a.tanaka', reason: 'ticket 4711' });
  const types = entries.map(({ type }) => type);
  expect(types).toEqual([
    ...Array.from({ length: 4 }, () => 'account.looked_at'),
    'account.looked_at',
    'account.unmasked',
    'account.looked_at',
    ...Array.from({ length: 3 }, () => 'account.exported'),
    'account.limits_lifted',
    'account.sign_ins_ended',
  ]);

  const timeline = await done('accounts', 'timeline', id, '--language', 'ja');
  expect(timeline).toContain('すべてのログインを終了した（担当：a.tanaka、理由：ticket 4711）');
  expect(timeline).toMatch(/\d回失敗した/);
  expect(await done('accounts', 'timeline', id, '--limit', '1')).toMatch(/^\S.*An operator looked at the ID: timeline/);
});

test('S193 an operator drops a job that a process has just taken, or restarts one twice: it is dropped or run, never both, and each is an event', async () => {
  const { jobs } = world.storage;
  // No lane of the program takes it.
  const kind = 'kind_of_another_version';
  const enqueue = async (key: string, runAt = world.clock.now): Promise<boolean> =>
    jobs.enqueue({ key, kind, payload: { to: SATO }, run_at: runAt });
  const lease = async (): Promise<string> => (await jobs.lease(1, 10 * MINUTE_MS, kind))[0]?.lease ?? 'none';
  const list = async (...of: string[]): Promise<string> => (await desk(['jobs', 'list', ...of])).out;
  await enqueue('held');
  const held = await lease();
  expect((await desk(['jobs', 'drop', 'held', ...WHY])).err).toContain('a process works on it');
  expect((await desk(['jobs', 'retry', '--key', 'held', ...WHY])).err).toContain('a process works on it');
  expect(await jobs.find('held')).toMatchObject({ lease: held });
  expect(await list()).toMatch(/kind_of_another_version +running +1 +under 1 min/);
  await jobs.bury('held', held, 'the reason of the test');
  expect(await list()).toMatch(/kind_of_another_version +dead +1 +under 1 min +the reason of the test/);
  const listed = await list('--state', 'dead');
  expect(listed).toMatch(/held +kind_of_another_version +1 +under 1 min +the reason of the test/);
  expect(listed).not.toContain(SATO);
  expect(await json('jobs', 'retry', '--key', 'held')).toEqual({ key: 'held', retried: 1 });
  expect((await desk(['jobs', 'retry', '--key', 'held', ...WHY])).err).toContain('it waits already');
  await jobs.complete('held', await lease());
  expect((await desk(['jobs', 'retry', '--key', 'held', ...WHY])).err).toContain('it is done already');
  expect((await desk(['jobs', 'drop', 'held', ...WHY])).err).toContain('it is done already');
  expect(await eventsOf('held')).toEqual(['job.retried']);
  await enqueue('later', world.clock.now + 60 * MINUTE_MS);
  await done('jobs', 'drop', 'later');
  expect(await jobs.find('later')).toBeUndefined();
  expect(await eventsOf('later')).toEqual(['job.dropped']);
  await jobs.enqueue({ key: 'a', kind: 'settle_user_handle', payload: {}, run_at: world.clock.now + 60 * MINUTE_MS });
  expect(await json('jobs', 'retry', '--kind', 'settle_user_handle')).toEqual({ kind: 'settle_user_handle', retried: 0 });
  await done('jobs', 'drop', 'a');
});

test('S192 the ten questions of docs/support.md about what happened to a customer: each is answered by one command', async () => {
  const { id } = await world.account(YAMADA);
  const document = readFileSync(join(import.meta.dirname, '../../docs/support.md'), 'utf8');
  const [migration] = await world.storage.migrations.listByAccount(id);
  await open(world.browser('198.51.100.8'), { password: 'Wrong-0001' });
  await untilTrue('the failure is written', async () => (await world.storage.signInHistories.find(id))?.failures !== undefined);
  const show = await done('accounts', 'show', id);
  const timeline = await done('accounts', 'timeline', id);
  const answers: Record<string, [said: string, pattern: RegExp]> = {
    'Why can this customer not sign in?': [show, /State +active[^]*FAILED SIGN-IN[^]*password[^]*LIMIT[^]*sign_in +1 +no/],
    'Did our mail reach them?': [show, /MAIL OR SMS[^]*mail new-device +sent/],
    'Who signed in with this ID, and with what?': [show, /SIGN-IN +SERVICE[^]*common-id-account +password_otp/],
    'Was the password or the address changed, and when?': [timeline, /\d \w+ 20\d\d, [\d:]+ +Added a passkey/],
    'Why are they asked for a code?': [show, /Second factor +since 20[^]*10 recovery codes left/],
    'Has the customer with this legacy id moved?': [
      await done('accounts', 'find', migration?.legacy_id ?? 'none'),
      new RegExp(`${id} +legacy id +y\\*\\*\\*@example.jp +active`),
    ],
    'Why does the dealer not see them?': [show, /DEALER +LINK[^]*kanagawa-toyota +(failed|pending)/],
    'Where are they signed in, and who gets their data?': [show, /SERVICE +SINCE[^]*attack-told/],
    'They closed the ID: can they have it back, and until when?': [show, /State +active/],
    'Who of us looked at them or changed something, and why?': [timeline, /disabled the ID \(by a.tanaka: ticket 4711\)/],
  };
  const unanswered = Object.entries(answers).filter(([, [said, pattern]]) => !pattern.test(said));
  expect(unanswered).toEqual([]);
  expect(Object.keys(answers).filter((question) => !document.includes(question))).toEqual([]);
  expect(show + timeline).not.toMatch(/yamada@|山田/);
});

test('S173 an operator removes the second factor of a person who has lost it: it waits for a day, the owner stops it with the link, and both are on record', async () => {
  const owner = await open(world.browser('192.0.2.60'), { email: SATO });
  await turnOn(world.issuer, owner, () => world.clock.now);
  const { id } = await world.account(SATO);
  const order = ['accounts', 'remove-second-factor', id];
  expect((await desk(order)).code).toBe(2);
  const { length } = world.mails;
  expect(await json(...order)).toMatchObject({ done: 'second_factor_removal_ordered', due_at: expect.any(String) });
  const waits = async (): Promise<boolean> => (await world.account(SATO)).second_factor?.removal !== undefined;
  // A second order makes it no sooner.
  expect([(await desk([...order, ...WHY])).code, await waits()]).toEqual([1, true]);
  const { text } = await world.mail(SATO, '解除を受け付けました', length);
  const stopper = world.browser('192.0.2.61');
  await stopper.open(/http\S+\/stop\?token=\S+/.exec(text)?.[0] ?? '');
  await stopper.submit('/second-factor/stop');
  expect([headingOf(stopper.page), await waits()]).toEqual(['解除を取りやめました', false]);

  await done(...order);
  world.clock.now += 24 * 60 * MINUTE_MS - MINUTE_MS;
  expect((await world.account(SATO)).second_factor).toBeDefined();
  world.clock.now += 2 * MINUTE_MS;
  await world.mail(SATO, '2段階認証がオフになりました', length);
  expect((await world.account(SATO)).second_factor).toBeUndefined();
  expect((await desk([...order, ...WHY])).code).toBe(1);
  const removal = (await eventsOf(id)).filter((type) => /second_factor_(removal|lost)/.test(type));
  expect(removal).toEqual([
    'account.second_factor_removal_ordered',
    'account.second_factor_removal_stopped',
    'account.second_factor_removal_ordered',
    'account.second_factor_lost',
  ]);
});

test('S194 an ID is erased by order: nobody takes it back, its address is free, and the copy, the links and the events are those of a withdrawal', async () => {
  const { id } = await world.account(SATO);
  const owner = await open(world.browser('192.0.2.30'), { email: SATO });
  expect(await json('accounts', 'erase', id, '--confirm', id)).toMatchObject({ done: 'erasure_ordered' });
  await owner.open(`${world.issuer}/account`);
  expect(owner.page.url).toContain('/login');
  // No sentence about a disabled ID: the page answers as for an unknown one.
  const late = await open(world.browser('192.0.2.31'), { email: SATO });
  expect(late.page.status).toBe(422);
  expect((await desk(['accounts', 'erase', id, '--confirm', id, ...WHY])).err).toContain('being erased');
  expect((await desk(['accounts', 'enable', id, ...WHY])).err).toContain('being erased');
  world.clock.now += 2 * MINUTE_MS;
  await untilTrue('the ID is erased', async () => (await world.storage.accounts.find(id)) === undefined);
  await world.mail(SATO, '削除');
  const gone: Account | undefined = await world.storage.accounts.findByEmail(SATO);
  expect(gone).toBeUndefined();
  const ofAccount = (await eventsOf(id)).filter((type) => type.startsWith('account.'));
  expect(ofAccount.slice(-2)).toEqual(['account.erasure_ordered', 'account.erased']);
});
