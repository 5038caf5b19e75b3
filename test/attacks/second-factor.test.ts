// Attacks on the second factor over HTTP, on two nodes: docs/attacks.md, S166–S173.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { headingOf, mainOf, textOf, type Answer, type Browser } from '../support/http-browser.ts';
import { CALLBACK } from './support/attack-world.ts';
import { begin, redeem, returned } from './support/client.ts';
import { addPasskey, authenticatorFor, optionsOn, presentPasskey } from './support/passkeys.ts';
import { changePassword, startOwnAccountWorld, type OwnAccountWorld } from './support/own-account-world.ts';
import { appOn, codesOn, turnOn, type App } from './support/second-factor.ts';

jest.setTimeout(60_000);

const [SATO, YAMADA, PASSWORD] = ['sato@example.jp', 'yamada@example.jp', 'Common-2026'];
const [SECOND, LOGIN, ENROL] = ['2段階認証', 'TOYOTA/LEXUSの共通IDでログイン', 'より安全なログインの設定'];
const [MFA, PHR] = ['urn:common-id:acr:mfa', 'phr'];
const BIRTHDAY = { birthdate_year: '1964', birthdate_month: '3', birthdate_day: '21' };
const STEP_MS = 30_000;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

let world: OwnAccountWorld;
let networks = 0;
beforeAll(async () => {
  const same = <T>(config: T): T => config;
  const strong = (required_acr: string): object => ({
    client_name: 'Strong',
    token_endpoint_auth_method: 'client_secret_basic',
    client_secret: { $env: 'ATTACK_WEB_SECRET' },
    redirect_uris: [CALLBACK],
    scope: 'openid',
    common_id: { first_party: true, contact: 'attacks', required_acr },
  });
  world = await startOwnAccountWorld({ nodes: [same, same], clients: { mfa: strong(MFA), phr: strong(PHR) } });
  await world.storage.accounts.change((await world.account(SATO)).id, ({ profile, ...rest }) => ({
    to: { ...rest, profile: { ...profile, birthdate: '1964-03-21' } },
    type: 'account.profile_changed',
  }));
});
afterAll(async () => world?.close());
// The pauses after failures are over, and no code was used in this step.
beforeEach(() => {
  world.clock.now += 25 * 60 * MINUTE_MS;
});

/** All bytes of the database. */
const database = async (): Promise<string> => {
  const files = ['', '-wal'].map(async (end) => readFile(join(world.directory, `data/common-id.sqlite${end}`), 'latin1'));
  return (await Promise.all(files)).join('');
};
const now = (): number => world.clock.now;
const fresh = (): Browser => {
  networks += 1;
  return world.browser(`10.${networks >> 8}.${networks & 255}.1`);
};
const nextStep = (): void => void (world.clock.now += 2 * STEP_MS);
/** Clients and their helpers know a world by its issuer. */
const asked = async (clientId: string, changes: Record<string, string> = {}, browser = fresh()) =>
  begin({ issuer: world.issuer } as never, clientId, { scope: 'openid', ...changes }, browser);

async function password(browser: Browser, email = SATO, typed = PASSWORD): Promise<Answer> {
  return browser.submit('/login', { login_id: email, password: typed }, CALLBACK);
}
async function openAccount(email = SATO, browser = fresh(), typed = PASSWORD): Promise<Browser> {
  await browser.open(`${world.issuer}/account`);
  if (headingOf(browser.page) === LOGIN) await password(browser, email, typed);
  return browser;
}
const code = async (browser: Browser, typed: string, more: Record<string, string> = {}): Promise<Answer> =>
  browser.submit('/second-factor', { code: typed, ...more }, CALLBACK);

/** An account whose second factor is on, until the test is over. */
async function withFactor(action: (app: App, codes: string[], owner: Browser) => Promise<void>, email = SATO): Promise<void> {
  const owner = await openAccount(email);
  const { app, codes } = await turnOn(world.issuer, owner, now);
  nextStep();
  try {
    await action(app, codes, owner);
  } finally {
    const { id } = await world.account(email);
    await world.storage.accounts.change(id, ({ second_factor: _factor, passkeys: _passkeys, ...rest }) => ({
      to: rest,
      type: 'account.second_factor_removed',
    }));
  }
}

async function claimsOf(answer: Answer, pkce: Awaited<ReturnType<typeof asked>>['pkce'], clientId = 'attack-web') {
  const tokens = await redeem(inProcess(), returned(answer).get('code') ?? '', pkce, { clientId });
  const { acr, amr, auth_time: authTime } = decodeJwt(String(tokens.body.id_token));
  return { acr, amr, authTime };
}
const inProcess = (): never => ({ issuer: world.issuer, freshAddress: () => '127.0.0.1' }) as never;

test('S166 a code of the app at the login: the client is told; the same code in another browser, on another node or in parallel is refused', async () => {
  await withFactor(async (app) => {
    const { browser, pkce } = await asked('attack-web');
    await password(browser);
    expect([headingOf(browser.page), browser.page.location]).toEqual([SECOND, undefined]);
    const typed = app.code(now());
    const wrong = await code(browser, String((Number(typed) + 1) % 1_000_000).padStart(6, '0'));
    expect([wrong.status, mainOf(wrong).includes('コードが違うか、すでに使われています')]).toEqual([422, true]);
    const signedInAt = Math.floor(now() / 1000);
    nextStep();
    const answer = await code(browser, app.code(now()));
    const claims = await claimsOf(answer, pkce);
    expect(claims).toMatchObject({ acr: MFA, amr: ['pwd', 'otp', 'mfa'] });
    // The time is that of the password.
    expect(Math.abs(Number(claims.authTime) - signedInAt)).toBeLessThanOrEqual(1);

    // Two thieves look over the shoulder, each with the password, on a node each.
    nextStep();
    const seen = app.code(now());
    const thieves = await Promise.all(
      world.ports.map(async (port) => {
        const thief = (await asked('attack-web')).browser;
        await password(thief);
        return thief.copy({ port });
      }),
    );
    for (const thief of thieves) await thief.open(thief.visited.at(-1) ?? thief.page.url);
    const owner = (await asked('attack-web')).browser;
    await password(owner);
    const answers = await Promise.all([owner, ...thieves].map(async (one) => code(one, seen)));
    expect(answers.filter((one) => one.location?.startsWith(CALLBACK))).toHaveLength(1);
    // And later.
    const late = (await asked('attack-web')).browser;
    await password(late);
    expect((await code(late, seen)).status).toBe(422);
  });
});

test('S167 recovery codes: shown once, also by “back”; each counts once, the owner is told; new ones end the earlier ones', async () => {
  await withFactor(async (app, codes, owner) => {
    await owner.open(`${world.issuer}/account/second-factor/recovery-codes`);
    expect([codesOn(owner), owner.page.headers['cache-control']]).toEqual([[], expect.stringContaining('no-store')]);
    const stored = await database();
    expect(stored).toContain('sealed_secret');
    for (const secret of [app.secret, ...codes])
      for (const written of [secret, secret.replaceAll(/[ -]/g, '')]) expect(stored).not.toContain(written);

    const use = async (typed: string): Promise<Answer> => {
      const { browser } = await asked('attack-web');
      await password(browser);
      await browser.open(`${browser.page.url}/recovery`);
      return browser.submit('/recovery', { code: typed }, CALLBACK);
    };
    const [first = '', second = '', third = ''] = codes;
    const parallel = await Promise.all([use(first), use(first.toLowerCase().replaceAll('-', ' ')), use(first)]);
    expect(parallel.filter(({ status }) => status === 303)).toHaveLength(1);
    expect((await world.mail(SATO, '回復コードでログイン')).text).toContain('残りの回復コードは9個です');
    expect((await use(first)).status).toBe(422);
    expect((await use(second)).status).toBe(303);
    world.clock.now += 6 * MINUTE_MS;
    await owner.open(`${world.issuer}/account/second-factor`);
    expect(mainOf(owner.page)).toContain('残り8個');
    // A stolen session makes none.
    await owner.submit('/recovery-codes');
    expect([owner.page.status, headingOf(owner.page)]).toEqual([422, 'パスワードの確認']);
    await owner.submit('/recovery-codes', { password_again: PASSWORD });
    const [fourth = ''] = codesOn(owner);
    await world.mail(SATO, '回復コードが新しく');
    expect((await use(third)).status).toBe(422);
    expect((await use(fourth)).status).toBe(303);
  });
});

test('S168 “30 days”: for this account, password and second factor alone; a service that needs two factors asks all the same', async () => {
  await withFactor(async (app) => {
    const { browser } = await asked('attack-web');
    await password(browser);
    expect((await code(browser, app.code(now()), { remember: 'yes' })).location).toContain(CALLBACK);
    const [name = '', mark = ''] = [...browser.cookies].find(([key]) => key.endsWith('common-id.second-factor')) ?? [];
    const signature = browser.cookies.get(`${name}.sig`) ?? '';
    const remembered = (value = mark, signed = signature): Browser => {
      const other = fresh();
      other.cookies.set(name, value).set(`${name}.sig`, signed);
      return other;
    };
    const onlyMark = (from: Browser): Browser => remembered(from.cookies.get(name), from.cookies.get(`${name}.sig`));
    const isAsked = async (other: Browser, email = SATO, typed = PASSWORD): Promise<boolean> => {
      const started = await asked('attack-web', { prompt: 'login' }, other);
      const answer = await password(started.browser, email, typed);
      return !(answer.location?.startsWith(CALLBACK) ?? false);
    };
    expect(await isAsked(remembered())).toBe(false);
    const { browser: strong } = await asked('mfa', {}, remembered());
    expect(headingOf(await password(strong))).toBe(SECOND);
    // Forged, or of another account.
    expect(await isAsked(remembered(mark, `${signature.slice(0, -1)}${signature.endsWith('A') ? 'B' : 'A'}`))).toBe(true);
    expect(await isAsked(remembered(mark.replace(/^\d+/, String(now() + DAY_MS))))).toBe(true);
    await withFactor(async () => {
      expect(await isAsked(remembered(), YAMADA)).toBe(true);
    }, YAMADA);
    world.clock.now += 30 * DAY_MS - 10 * MINUTE_MS;
    expect(await isAsked(remembered())).toBe(false);
    world.clock.now += 11 * MINUTE_MS;
    expect(await isAsked(remembered())).toBe(true);

    // A mark that stands ends with a new password, with the end of the other sessions, and with another setup.
    const marked = async (typed = PASSWORD): Promise<Browser> => {
      const next = (await asked('attack-web')).browser;
      await password(next, SATO, typed);
      nextStep();
      await code(next, app.code(now()), { remember: 'yes' });
      return next;
    };
    const [one, two] = [await marked(), await marked()];
    expect([await isAsked(onlyMark(one)), await isAsked(onlyMark(two))]).toEqual([false, false]);
    world.clock.now += 1000;
    await openAccount(SATO, two);
    await two.open(`${world.issuer}/account/sessions/end-others`);
    await two.submit('/end-others');
    expect(await isAsked(onlyMark(one))).toBe(true);
    const three = await marked();
    await openAccount(SATO, three);
    for (const [current, next] of [
      [PASSWORD, 'Changed-2026'],
      ['Changed-2026', PASSWORD],
    ] as const) {
      await three.open(`${world.issuer}/account/password`);
      await three.submit('/account/password', { current_password: current, password: next });
      expect(await isAsked(onlyMark(three), SATO, next)).toBe(true);
    }
    const four = await marked();
    await openAccount(SATO, four);
    await four.open(`${world.issuer}/account/second-factor/off`);
    await four.submit('/off', {});
    if (four.page.status === 422) await four.submit('/off', { password_again: PASSWORD });
    expect(four.page.url).toContain('done=off');
    await turnOn(world.issuer, four, now);
    expect(await isAsked(onlyMark(four))).toBe(true);
  });
});

test('S169 many codes, also in ever new browsers and networks: one count for the account, and the owner is told', async () => {
  await withFactor(async (app) => {
    const before = world.mails.length;
    const statuses: number[] = [];
    for (let n = 0; n < 11; n += 1) {
      const { browser } = await asked('attack-web');
      await password(browser);
      statuses.push((await code(browser, '000000')).status);
    }
    expect(statuses).toEqual([422, 422, 422, 422, 422, 422, 422, 422, 422, 422, 429]);
    // The right one waits, too: otherwise it could be found. Recovery codes have the same count.
    const { browser } = await asked('attack-web');
    await password(browser);
    expect((await code(browser, app.code(now()))).status).toBe(429);
    const mail = await world.mail(SATO, 'コードの誤りが続いています', before);
    expect(mail.text).toContain('5回続きました');
    expect(world.mails.slice(before).filter(({ subject }) => subject.includes('コードの誤り'))).toHaveLength(1);
    world.clock.now += 31 * MINUTE_MS;
    const later = (await asked('attack-web')).browser;
    await password(later);
    expect((await code(later, app.code(now()))).location).toContain(CALLBACK);
  });
});

test('S170 the step is skipped by URL, or another session is strong: no page of the account and no code for the client', async () => {
  await withFactor(async (app) => {
    const { browser } = await asked('attack-web');
    await password(browser);
    expect(headingOf(browser.page)).toBe(SECOND);
    const step = browser.page.url;
    const uid = /\/interaction\/([\w-]+)/.exec(step)?.[1] ?? '';
    for (const path of [
      '/account',
      '/account/second-factor/off',
      '/account/passkeys',
      '/account/my-data',
      '/account/second-factor/add',
    ]) {
      const thief = browser.copy();
      await thief.open(`${world.issuer}${path}`);
      expect([path, headingOf(thief.page)]).toEqual([path, SECOND]);
    }
    for (const path of [
      'consent',
      'terms',
      'finalize',
      'withdrawal',
      'login',
      'second-factor/enrol',
      'second-factor/enrol/app',
      'second-factor/enrol/passkey',
      'second-factor/enrol/codes',
    ]) {
      const thief = browser.copy();
      await thief.open(`${world.issuer}/interaction/${uid}/${path}`, CALLBACK);
      expect([path, thief.page.location, /<code>|data-options/.test(thief.page.text)]).toEqual([path, undefined, false]);
    }
    // A form of the setup, and one of another step, sent without a page.
    for (const path of ['enrol/app', 'enrol/app/confirm', 'enrol/passkey', 'enrol/passkey/add', 'enrol/codes']) {
      const form = { ...browser.form('/second-factor'), action: `${browser.page.url.split('?')[0]}/${path}` };
      const answer = await browser.submit(form, { code: app.code(now()), password_again: PASSWORD }, CALLBACK);
      expect([path, answer.location?.startsWith(CALLBACK) ?? false, headingOf(answer)]).toEqual([path, false, SECOND]);
    }
    // The owner is strong in another browser; this one stays weak.
    const owner = (await asked('attack-web')).browser;
    await password(owner);
    await code(owner, app.code(now()));
    await browser.open(browser.page.url);
    expect(headingOf(browser.page)).toBe(SECOND);
    expect(returned((await asked('attack-web', { prompt: 'none' }, browser)).page).get('error')).toBe('login_required');
    expect((await browser.open(`${world.issuer}/auth/${uid}`, CALLBACK)).location).toBeUndefined();
    expect(headingOf(browser.page)).toBe(SECOND);
  });
});

test('S171 a thief of the mailbox resets the password: the second factor stays, and the new password alone opens nothing', async () => {
  await withFactor(async (app) => {
    const thief = fresh();
    const before = world.mails.length;
    await thief.open(`${world.issuer}/password/forgotten`);
    await thief.submit('/password/forgotten', { email: SATO });
    const { text } = await world.mail(SATO, 'パスワード再設定の認証番号', before);
    const mailed = /\b\d{6}\b/.exec(text)?.[0] ?? '';
    await thief.submit('/password/forgotten/code', { ...BIRTHDAY, code: mailed });
    await thief.submit('/password/forgotten/new', { password: 'Thiefs-2026' });
    expect(headingOf(thief.page)).toBe('パスワードを再設定しました');
    await openAccount(SATO, thief, 'Thiefs-2026');
    expect(headingOf(thief.page)).toBe(SECOND);
    for (const path of ['/account', '/account/second-factor/off']) {
      await thief.open(`${world.issuer}${path}`);
      expect(headingOf(thief.page)).toBe(SECOND);
    }
    // The owner has the app, and takes the ID back.
    const owner = await openAccount(SATO, fresh(), 'Thiefs-2026');
    await code(owner, app.code(now()));
    await changePassword(world.issuer, owner, 'Thiefs-2026', PASSWORD);
  });
});

test('S172 who has a second factor: the same pages, headers and cookies for everybody until the right password', async () => {
  const told = async (): Promise<unknown[]> => {
    const { browser, page } = await asked('attack-web');
    const wrong = await password(browser, SATO, 'Guessed-1');
    const forgotten = fresh();
    await forgotten.open(`${world.issuer}/password/forgotten`);
    await forgotten.submit('/password/forgotten', { email: SATO });
    return [page, wrong, forgotten.page].map(({ status, text, headers }) => ({
      status,
      text: textOf(text.replaceAll(/<head>[\s\S]*?<\/head>/g, '')).replaceAll(/あと\d+秒/g, 'あとn秒'),
      headers: Object.keys(headers).toSorted(),
    }));
  };
  const without = await told();
  await withFactor(async () => {
    expect(await told()).toEqual(without);
  });
});

/** Asks for the removal of a lost second factor, up to the mailed code. */
async function askForRemoval(): Promise<{ browser: Browser; mailed: string }> {
  const before = world.mails.length;
  const { browser } = await asked('attack-web');
  await password(browser);
  await browser.open(`${browser.page.url}/lost`);
  await browser.submit('/second-factor/lost');
  const mailed = /\b\d{6}\b/.exec((await world.mail(SATO, '解除の認証番号', before)).text)?.[0] ?? '';
  return { browser, mailed };
}
const isOn = async (): Promise<boolean> => (await world.account(SATO)).second_factor !== undefined;
const waits = async (): Promise<boolean> => (await world.account(SATO)).second_factor?.removal !== undefined;

test('S173 a lost second factor: password, mailed code and birth date, and 24 hours in which a right code or the link in the mail stops it', async () => {
  await withFactor(async (app) => {
    const { browser, mailed } = await askForRemoval();
    for (const wrong of [
      { ...BIRTHDAY, code: String((Number(mailed) + 1) % 1_000_000).padStart(6, '0') },
      { ...BIRTHDAY, birthdate_year: '1901', code: mailed },
      { code: mailed },
    ]) {
      const answer = await browser.submit('/lost/code', wrong);
      expect([answer.status, mainOf(answer).includes('認証番号または生年月日が違う'), await waits()]).toEqual([422, true, false]);
    }
    const before = world.mails.length;
    await browser.submit('/lost/code', { ...BIRTHDAY, code: mailed });
    expect(mainOf(browser.page)).toContain('2段階認証の解除を受け付けました');
    const { text } = await world.mail(SATO, '解除を受け付けました', before);
    const link = /http\S+\/stop\?token=\S+/.exec(text)?.[0] ?? '';
    // A scanner opens the link, and a stranger guesses one.
    expect((await fresh().open(link)).status).toBe(200);
    expect((await fresh().open(link.slice(0, -1))).status).toBe(400);
    expect(await waits()).toBe(true);
    // Until it is over, the password opens nothing, and asking again does not make it sooner.
    world.clock.now += DAY_MS - MINUTE_MS;
    const again = (await asked('attack-web')).browser;
    await password(again);
    expect(headingOf(again.page)).toBe(SECOND);
    await again.open(`${again.page.url}/lost/code`);
    expect(again.page.url).toMatch(/\/lost$/);
    // The owner stops it, once.
    const owner = fresh();
    await owner.open(link);
    await owner.submit('/second-factor/stop');
    expect([headingOf(owner.page), await waits(), await isOn()]).toEqual(['解除を取りやめました', false, true]);
    expect((await fresh().open(link)).status).toBe(400);

    // Asked for again: a right code stops it, too, and the owner is told.
    world.clock.now += DAY_MS;
    const second = await askForRemoval();
    await second.browser.submit('/lost/code', { ...BIRTHDAY, code: second.mailed });
    expect(await waits()).toBe(true);
    const since = world.mails.length;
    const found = (await asked('attack-web')).browser;
    await password(found);
    await code(found, app.code(now()));
    await world.mail(SATO, '解除を取りやめました', since);
    world.clock.now += 2 * DAY_MS;
    expect([await waits(), await isOn()]).toEqual([false, true]);
  });
});

test('S173 nobody stops it: it is off after 24 hours, and not before; a new password ends a removal', async () => {
  await withFactor(async (app) => {
    const keeper = await openAccount();
    await code(keeper, app.code(now()));
    const { browser, mailed } = await askForRemoval();
    await browser.submit('/lost/code', { ...BIRTHDAY, code: mailed });
    expect(await waits()).toBe(true);
    await changePassword(world.issuer, keeper, PASSWORD, 'Aokaze-4821');
    world.clock.now += DAY_MS + MINUTE_MS;
    const { browser: thief } = await asked('attack-web');
    await password(thief, SATO, 'Aokaze-4821');
    expect([headingOf(thief.page), await isOn()]).toEqual([SECOND, true]);
    await changePassword(world.issuer, keeper, 'Aokaze-4821', PASSWORD);

    world.clock.now += DAY_MS;
    const next = await askForRemoval();
    const before = world.mails.length;
    await next.browser.submit('/lost/code', { ...BIRTHDAY, code: next.mailed });
    world.clock.now += DAY_MS + 1000;
    await world.mail(SATO, '2段階認証がオフになりました', before);
    const owner = (await asked('attack-web')).browser;
    expect((await password(owner)).location).toContain(CALLBACK);
  });
});

test('S170 a service that needs more than the person has: the way leads through the setup, or back with an error; never past a standing factor', async () => {
  // Declined, from the file and from the request.
  for (const [client, changes] of [
    ['mfa', {}],
    ['attack-web', { acr_values: 'urn:common-id:acr:mfa' }],
    ['phr', {}],
  ] as const) {
    const { browser } = await asked(client, changes);
    await password(browser);
    expect([client, headingOf(browser.page)]).toEqual([client, ENROL]);
    const answer = await browser.submit('/second-factor/cancel', {}, CALLBACK);
    expect(returned(answer).get('error')).toBe('unmet_authentication_requirements');
  }
  // An app, set up on the way, in an old session: the password comes first.
  const owner = await openAccount();
  world.clock.now += 6 * MINUTE_MS;
  const { browser, pkce } = await asked('mfa', {}, owner);
  await browser.submit('/enrol/app');
  expect([browser.page.status, headingOf(browser.page)]).toEqual([422, 'パスワードの確認']);
  await browser.submit('/enrol/app', { password_again: PASSWORD });
  const app = appOn(browser);
  await browser.submit('/app/confirm', { code: '000000' });
  // The answer to the form was kept in the database for a moment, without the secret.
  expect([browser.page.status, appOn(browser).secret]).toEqual([422, app.secret]);
  expect(await database()).not.toContain(app.secret);
  const elsewhere = await openAccount();
  await elsewhere.open(`${world.issuer}/account/second-factor/add`);
  expect([headingOf(elsewhere.page), elsewhere.page.text.includes('otpauth:')]).toEqual([SECOND, false]);
  await browser.submit('/app/confirm', { code: app.code(now()) });
  expect(codesOn(browser)).toHaveLength(10);
  const answer = await browser.submit('/enrol/codes', {}, CALLBACK);
  expect(await claimsOf(answer, pkce, 'mfa')).toMatchObject({ acr: MFA, amr: ['pwd', 'otp', 'mfa'] });
  const history = await world.storage.signInHistories.find((await world.account(SATO)).id);
  expect(history?.sign_ins[0]).toMatchObject({ method: 'password_otp', client_id: 'mfa' });

  // A service needs a passkey. Who knows the password alone adds none; the owner does after a code.
  nextStep();
  const { browser: thief } = await asked('phr');
  await password(thief);
  expect(headingOf(thief.page)).toBe(SECOND);
  await thief.open(`${thief.page.url}/enrol/passkey`);
  expect([headingOf(thief.page), /data-options/.test(thief.page.text)]).toEqual([SECOND, false]);
  await code(thief, app.code(now()));
  expect(headingOf(thief.page)).toBe(ENROL);
  await thief.submit('/enrol/passkey');
  const authenticator = authenticatorFor(world.issuer);
  await thief.submit('/enrol/passkey/add', { credential: authenticator.create(optionsOn(thief.page)) });
  expect(headingOf(thief.page)).toBe(SECOND);
  const strangers = await addPasskey(world.issuer, await openAccount(YAMADA));
  expect((await presentPasskey(thief, strangers, CALLBACK)).status).toBe(422);
  expect(returned(await presentPasskey(thief, authenticator, CALLBACK)).has('code')).toBe(true);
  // A passkey is enough by itself, also where the app is on.
  const strong = await asked('mfa');
  const used = await presentPasskey(strong.browser, authenticator, CALLBACK);
  expect(await claimsOf(used, strong.pkce, 'mfa')).toMatchObject({ acr: PHR, amr: ['hwk', 'user', 'mfa'] });
});
