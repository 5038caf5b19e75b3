// Attacks on the mobile number that is a login ID, over HTTP, with SMS that arrive. docs/attacks.md, S158 to S165; design/account.md, chapter 1.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { MyData } from '../../src/account/my-data/my-data.ts';
import type { Account } from '../../src/domain/account.ts';
import { headingOf, mainOf, type Answer, type Browser } from '../support/http-browser.ts';
import { untilTrue } from '../support/until-true.ts';
import { DEMO_PASSWORD, startWorld, type World } from './support/attack-world.ts';
import { begin, parseJson, returned, signIn } from './support/client.ts';
import { countHashWork } from './support/hash-work.ts';
import { askFor, e164, freshNumber, openNumberPage, smsCode, switchNumberOn } from './support/mobile-number.ts';
import { PASSWORD, registerUpTo } from './support/registration.ts';

jest.setTimeout(120_000);

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const [SATO, YAMADA] = ['sato@example.jp', 'yamada@example.jp'];
const ASKS_AGAIN = 'パスワードの確認';
const TITLE = '携帯電話番号でのログイン';

let world: World;
const hashWork = countHashWork();
beforeAll(async () => {
  world = await startWorld({
    // A cost above the lowest one, so that skipped work is noticed.
    env: { PASSWORD_HASH_COST: '5', ...hashWork.env },
    policy: ({ rate_limits: limits }) =>
      Object.assign(limits, {
        sms_code: { ...limits.sms_code, per_account_per_day: 50, per_number_per_day: 5, unproven_per_address_per_hour: 3 },
      }),
  });
});
afterAll(async () => {
  await world?.close();
  hashWork.remove();
});

const accountOf = (email: string): Account => {
  const [row] = world.rows<{ document: string }>(`SELECT document FROM accounts WHERE document ->> 'email' = ?`, email);
  return JSON.parse(row?.document ?? '{}') as Account;
};
const numberOf = (email: string): string | undefined => accountOf(email).phone_canonical;
const eventsOf = (email: string): string[] =>
  world
    .rows<{ type: string }>('SELECT type FROM ledger_entries WHERE subject = ? ORDER BY place', accountOf(email).id)
    .map(({ type }) => type)
    .filter((type) => type.startsWith('account.login_number'));

/** The mails about the number, oldest first. */
async function mailsAbout(email: string, count: number): Promise<string[]> {
  const find = async (): Promise<string[]> =>
    (await world.mails(email)).map(({ subject }) => subject).filter((subject) => subject.includes('携帯電話番号'));
  await untilTrue('the mails arrive', async () => (await find()).length >= count);
  return (await find()).toReversed();
}

async function newPerson(): Promise<{ browser: Browser; email: string }> {
  const { browser, email } = await registerUpTo(world, 'complete');
  return { browser: await openNumberPage(world, email, { browser, password: PASSWORD }), email };
}

/** A failed or successful login in a new browser. */
async function attempt(loginId: string, password: string, browser = world.browser()): Promise<Answer> {
  await begin(world, 'attack-web', {}, browser);
  return browser.post('/login', { login_id: loginId, password });
}
const opens = async (loginId: string, password = DEMO_PASSWORD): Promise<boolean> => {
  const { browser } = await begin(world, 'attack-web');
  return returned(await signIn(browser, loginId, password)).has('code');
};

/** What an answer tells, without what is random in every answer, and without what was typed. */
const told = ({ status, text, headers, setCookies }: Answer, ...typed: string[]): unknown => ({
  status,
  text: typed
    .reduce((page, value) => page.replaceAll(value, '…'), text)
    // The time to the next code depends on when the page is shown.
    .replaceAll(/あと\d+秒|data-countdown="\d+"/g, '…')
    .replaceAll(/name="csrf_token" value="[^"]*"|\/interaction\/[\w-]+|again=[\w-]+|interaction=[\w-]+|[0-9a-f]{12}/g, '…'),
  headers: { ...headers, date: '', 'x-request-id': '', 'content-length': '', 'set-cookie': '' },
  cookies: setCookies.map((cookie) => cookie.replace(/=[^;]*/, '')),
});

test('S158 a number is looked for by logins: not switched on, unknown and with a wrong password have one answer after the same work', async () => {
  const [on, profile, nobody] = [freshNumber(), freshNumber(), freshNumber()];
  const { email } = await newPerson();
  await switchNumberOn(world, email, on, { password: PASSWORD });
  world.change(
    `UPDATE accounts SET document = json_set(document, '$.profile.phone_number', ?) WHERE document ->> 'email' = ?`,
    e164(profile),
    email,
  );
  const expected = told(await attempt(on, 'Wrong-0000'), on);
  expect(expected).toMatchObject({ status: 422, text: expect.stringContaining('IDまたはパスワードが違います') });
  for (const [loginId, password] of [
    // A number of the profile alone is no login ID, even with the right password.
    [profile, PASSWORD],
    [nobody, PASSWORD],
    ['090-1234', PASSWORD],
  ] as const) {
    expect([loginId, told(await attempt(loginId, password), loginId)]).toEqual([loginId, expected]);
    expect([loginId, await hashWork.of(async () => attempt(loginId, 'Wrong-0000'))]).toEqual([loginId, 2 ** 5]);
  }
  expect(await hashWork.of(async () => attempt(on, 'Wrong-0000'))).toBe(2 ** 5);
  expect(await opens(on, PASSWORD)).toBe(true);
  // A client may send a number as `login_hint`, whether or not it is an ID.
  for (const hint of [on, nobody])
    expect((await begin(world, 'attack-web', { login_hint: e164(hint) })).page.text).toContain(`value="${hint}"`);
});

test('S158 a number is looked for on the own page: one that another ID has gets the same page and the same SMS', async () => {
  const [taken, free] = [freshNumber(), freshNumber()];
  await switchNumberOn(world, SATO, taken);
  const { browser } = await newPerson();
  const answers: unknown[] = [];
  const texts: string[] = [];
  for (const [index, number] of [taken, free].entries()) {
    await openNumberPage(world, YAMADA, { browser });
    const asked = await askFor(browser, number);
    answers.push([told(asked, number), told(await browser.open(`${world.issuer}/account/mobile-number`), number)]);
    texts.push((await world.mail(e164(number), 2 - index)).text.replaceAll(/\d{6}/g, '…'));
  }
  expect(answers[0]).toEqual(answers[1]);
  expect(texts[0]).toBe(texts[1]);
  expect(texts[0]).toBe(`TOYOTA/LEXUS共通ID認証番号：…\n10分間有効。誰にも教えないでください。\n@127.0.0.1 #…`);
});

test('S159 the code is guessed, used later, in another account or for another number: it proves one number to one person, five times tried', async () => {
  const [first, second] = [freshNumber(), freshNumber()];
  const [one, other] = [await newPerson(), await newPerson()];
  await askFor(one.browser, first);
  await askFor(other.browser, second);
  const [code, foreign] = [await smsCode(world, first), await smsCode(world, second)];
  const form = one.browser.form('/code');
  const enter = async (typed: string): Promise<string> => mainOf(await one.browser.submit(form, { code: typed }));
  if (foreign !== code) expect(await enter(foreign)).toContain('認証番号が違');
  // The number was changed after the code was sent.
  await openNumberPage(world, one.email, { browser: one.browser });
  await askFor(one.browser, second);
  expect(await enter(code)).toContain('認証番号が違');
  expect(numberOf(one.email)).toBeUndefined();
  // Parallel guesses get five comparisons; the right code is refused after them.
  const right = await smsCode(world, second, 2);
  const wrong = Array.from({ length: 8 }, (_, n) => String((Number(right) + n + 1) % 1_000_000).padStart(6, '0'));
  await Promise.all(wrong.map(async (guess) => one.browser.copy().post(form, { code: guess })));
  expect(await enter(right)).not.toContain(TITLE);
  expect(numberOf(one.email)).toBeUndefined();
  await world.advance(10 * MINUTE);
  await other.browser.submit('/code', { code: foreign });
  expect(numberOf(other.email)).toBeUndefined();
  expect(eventsOf(one.email)).toEqual(['account.login_number_asked', 'account.login_number_asked']);
});

test('S160 a stolen session, six minutes after the password, and posts of another site: no SMS, no number on, none off', async () => {
  const [own, thiefs] = [freshNumber(), freshNumber()];
  const thief = await switchNumberOn(world, YAMADA, own);
  const form = thief.form('/account/mobile-number');
  await world.advance(6 * MINUTE);
  for (const typed of [{ mobile_number: thiefs }, { action: 'off' }]) {
    await thief.submit(form, typed);
    expect([thief.page.status, headingOf(thief.page)]).toEqual([422, ASKS_AGAIN]);
    await thief.submit(form, { ...typed, password_again: 'Wrong-0000' });
    expect([thief.page.status, headingOf(thief.page)]).toEqual([422, ASKS_AGAIN]);
    for (const headers of [{ Origin: 'https://evil.example' }, { 'Sec-Fetch-Site': 'cross-site' }])
      expect((await thief.post(form, { ...typed, password_again: DEMO_PASSWORD }, { headers })).status).toBe(403);
  }
  await thief.open(`${world.issuer}/account/mobile-number/code`);
  expect(thief.page.url).toBe(`${world.issuer}/account/mobile-number`);
  expect([await world.mails(e164(thiefs)), numberOf(YAMADA)]).toEqual([[], e164(own)]);
  // The owner, with the password. The number that was typed is still there.
  await thief.submit(form, { mobile_number: thiefs });
  await thief.submit('/account/mobile-number', { password_again: DEMO_PASSWORD });
  expect(headingOf(thief.page)).toBe('携帯電話番号の確認');
  expect(await smsCode(world, thiefs)).toMatch(/^\d{6}$/);
  await thief.open(`${world.issuer}/account/mobile-number`);
  await thief.submit('/account/mobile-number', { action: 'off' });
  expect([thief.page.url.endsWith('?done=off'), numberOf(YAMADA), await opens(own)]).toEqual([true, undefined, false]);
  expect(await mailsAbout(YAMADA, 2)).toEqual([
    expect.stringContaining('携帯電話番号でログインできるようになりました'),
    expect.stringContaining('携帯電話番号でのログインが解除されました'),
  ]);
  // A code that was asked for before is dead.
  await thief.open(`${world.issuer}/account/mobile-number/code`);
  expect(thief.page.url).toBe(`${world.issuer}/account/mobile-number`);
});

test('S161 a number that a carrier gave out again: it moves to the person who proves it, its former owner is told, and no page says so', async () => {
  const number = freshNumber();
  await switchNumberOn(world, SATO, number);
  const before = (await mailsAbout(SATO, 1)).length;
  const { email } = await newPerson();
  const browser = await switchNumberOn(world, email, number, { password: PASSWORD, sms: 2 });
  expect(mainOf(browser.page)).toContain('この携帯電話番号でログインできるようになりました');
  expect(browser.page.text).not.toContain(SATO);
  expect([numberOf(SATO), numberOf(email)]).toEqual([undefined, e164(number)]);
  // Each password opens its own ID alone, and the former owner's address still does.
  expect([await opens(number), await opens(number, PASSWORD), await opens(SATO)]).toEqual([false, true, true]);
  expect((await mailsAbout(SATO, before + 1)).at(-1)).toContain('携帯電話番号でのログインが解除されました');
  const [mail] = (await world.mails(SATO)).filter(({ text }) => text.includes('ほかの方が'));
  expect(mail?.text).toContain(`***-****-${number.slice(-4)}`);
  expect(mail?.text.replaceAll('-', '')).not.toContain(number.replaceAll('-', ''));
  expect(mail?.text).not.toContain(email);
  expect(eventsOf(SATO).at(-1)).toBe('account.login_number_moved');
  expect(eventsOf(email)).toEqual(['account.login_number_asked', 'account.login_number_proven', 'account.login_number_on']);
});

test('S161 a number that was not used for a year: the right password does not open the ID, and a code makes the number count again', async () => {
  const number = freshNumber();
  const { email } = await newPerson();
  await switchNumberOn(world, email, number, { password: PASSWORD });
  await world.advance(364 * DAY);
  expect(await opens(number, PASSWORD)).toBe(true);
  expect(eventsOf(email).at(-1)).toBe('account.login_number_used');
  await world.advance(364 * DAY);
  expect(await opens(number, PASSWORD)).toBe(true);
  await world.advance(366 * DAY);
  const other = freshNumber();
  expect(told(await attempt(number, 'Wrong-0000'), number)).toEqual(told(await attempt(other, 'Wrong-0000'), other));
  const refused = await attempt(number, PASSWORD);
  expect([refused.status, mainOf(refused)]).toEqual([422, expect.stringContaining('1年以上ログインに使われていない')]);
  expect(returned(refused).has('code')).toBe(false);
  const browser = await openNumberPage(world, email, { password: PASSWORD });
  expect(mainOf(browser.page)).toContain('もう一度確認するまで、この番号ではログインできません');
  expect(browser.page.text).toContain(`value="${number}"`);
  await askFor(browser, number);
  await browser.submit('/code', { code: await smsCode(world, number, 2) });
  expect(await opens(number, PASSWORD)).toBe(true);
});

test('S164 failures by number and by address, in every spelling, are one count; a known browser passes', async () => {
  const number = freshNumber();
  const { email, browser } = await newPerson();
  await switchNumberOn(world, email, number, { browser, password: PASSWORD });
  const digits = number.replaceAll('-', '');
  const fullWidth = digits.replaceAll(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));
  const spellings = [
    number,
    digits,
    fullWidth,
    e164(number),
    `+81 ${number.slice(1)}`,
    email,
    email.toUpperCase(),
    number.replaceAll('-', 'ー'),
  ];
  await world.withClockStopped(async () => {
    for (const spelling of spellings) expect([spelling, (await attempt(spelling, 'Wrong-0000')).status]).toEqual([spelling, 422]);
    expect([(await attempt(email, 'Wrong-0001')).status, (await attempt(number, 'Wrong-0002')).status]).toEqual([422, 422]);
    for (const loginId of [number, email]) expect((await attempt(loginId, PASSWORD)).status).toBe(429);
  });
  browser.cookies.delete('common-id.session');
  expect(returned(await signInAt(browser, number)).has('code')).toBe(true);
});

async function signInAt(browser: Browser, loginId: string): Promise<Answer> {
  await begin(world, 'attack-web', {}, browser);
  return signIn(browser, loginId, PASSWORD);
}

test('S163 SMS to expensive numbers: other countries, fixed lines, and more than five a day to one number get none', async () => {
  const { browser, email } = await newPerson();
  const sentBefore = (await world.mails()).filter(({ subject }) => subject === 'SMS').length;
  for (const [number, sentence] of [
    ['+1 213 373 4253', 'この国の番号には'],
    ['+44 7400 123456', 'この国の番号には'],
    ['+882 16 1234 5678', 'この国の番号には'],
    ['03-1234-5678', '固定電話とIP電話'],
    ['050-1234-5678', '固定電話とIP電話'],
    ['0120-123-456', '固定電話とIP電話'],
    ['090-1234-567', '桁数をご確認'],
    ['090-1234-5678;ext=1', '数字で入力'],
    ['', '入力してください'],
    ['\u0000', '数字で入力'],
    ['😀'.repeat(500), '桁数をご確認'],
  ] as const) {
    const answer = await askFor(browser, number);
    expect([number, answer.status, mainOf(answer).includes(sentence)]).toEqual([number, 422, true]);
  }
  expect((await world.mails()).filter(({ subject }) => subject === 'SMS')).toHaveLength(sentBefore);
  expect(numberOf(email)).toBeUndefined();
  const number = freshNumber();
  await askFor(browser, number);
  const resend = browser.form('/resend');
  const statuses: number[] = [];
  for (let n = 0; n < 5; n += 1) {
    await world.advance(61_000);
    // From several places.
    statuses.push((await browser.copy({ from: world.freshAddress() }).post(resend, {})).status);
  }
  expect(statuses).toEqual([303, 303, 303, 303, 429]);
  await world.mail(e164(number), 5);
});

test('S163 many numbers from one address: after some that nobody entered, one in half a minute; a press again within a minute sends nothing', async () => {
  const { browser } = await newPerson();
  const statuses: number[] = [];
  const number = freshNumber();
  await world.withClockStopped(async () => {
    const form = browser.form('/account/mobile-number');
    for (const each of [number, number, freshNumber(), freshNumber(), freshNumber(), freshNumber()])
      statuses.push((await browser.post(form, { mobile_number: each })).status);
    await browser.open(`${world.issuer}/account/mobile-number/code`);
    const again = await browser.post('/resend', {});
    expect([again.status, Number(again.headers['retry-after']) > 0]).toEqual([429, true]);
  });
  expect(statuses).toEqual([303, 303, 303, 303, 303, 429]);
  expect(await world.mails(e164(number))).toHaveLength(1);
  const metrics = await (await fetch(`${world.admin}/metrics`)).text();
  const counted = (outcome: string): number =>
    Number(new RegExp(`common_id_sms_total\\{template="login-number-code",outcome="${outcome}"\\} (\\d+)`).exec(metrics)?.[1]);
  expect([counted('sent') > 10, counted('refused') > 0, counted('failed')]).toEqual([true, true, 0]);
});

test('S165 a number is searched for: it is in the copy of the data; after the erasure no record has it, it opens nothing, and it is free', async () => {
  const number = freshNumber();
  const { browser, email } = await newPerson();
  await switchNumberOn(world, email, number, { browser, password: PASSWORD });
  const asked = freshNumber();
  await askFor(browser, asked);
  await smsCode(world, asked);
  const data = parseJson((await browser.send(`${world.issuer}/account/my-data/file`)).text) as MyData;
  expect(data.account).toMatchObject({
    phone_number_for_sign_in: e164(number),
    phone_number_used_at: expect.any(String),
    phone_number_change: { phone_number: e164(asked) },
  });
  await browser.open(`${world.issuer}/account/my-data/shown`);
  for (const one of [number, asked]) expect(mainOf(browser.page)).toContain(one);
  await browser.open(`${world.issuer}/account/withdrawal`);
  await browser.submit('/account/withdrawal');
  await world.advance(15 * DAY);
  await untilTrue('the account is erased', async () => Object.keys(accountOf(email)).length === 0, { everyMs: 50 });
  expect(await opens(number, PASSWORD)).toBe(false);
  expect(world.rows('SELECT key FROM identifiers WHERE key = ?', `phone:${e164(number)}`)).toEqual([]);
  for (const table of ['accounts', 'identifiers', 'jobs', 'ledger_entries'])
    expect([table, JSON.stringify(world.rows(`SELECT * FROM ${table}`)).includes(e164(number))]).toEqual([table, false]);
  // The number is free.
  const other = await newPerson();
  await switchNumberOn(world, other.email, number, { browser: other.browser, password: PASSWORD, sms: 2 });
  expect(numberOf(other.email)).toBe(e164(number));
});

test('S165 no code and no number is readable in the database while an SMS waits, and none is in the log', async () => {
  const number = freshNumber();
  const { browser } = await newPerson();
  await askFor(browser, number);
  const code = await smsCode(world, number);
  const bytes = (await world.databaseBytes()).toString('latin1');
  expect(bytes).not.toContain(`#${code}`);
  const output = world.nodes.map((node) => node.output()).join('');
  for (const secret of [code, number, e164(number), e164(number).slice(1)]) expect(output).not.toContain(`"${secret}`);
  expect(output).not.toContain(e164(number).slice(3));
});
