// Attacks on guarded profile values with a stolen session: design/security-2.md, S123.
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { formOn, headingOf, type Browser } from '../support/http-browser.ts';
import { CALLBACK, startWorld, type World } from './support/attack-world.ts';
import { begin, signedIn, signIn } from './support/client.ts';
import { untilFound } from '../support/until-true.ts';

// Processes start and mails travel slowly on a busy machine.
jest.setTimeout(60_000);

const MINUTE = 60_000;
const PASSWORD = 'Common-2026';
const YAMADA = 'yamada@example.jp';
const SATO = 'sato@example.jp';
const ASKED = 'パスワードの確認';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  // The IDs are no longer new.
  await world.advance(25 * 60 * MINUTE);
});
afterAll(async () => world?.close());

/** Returns the stored profile. */
const profileOf = (email: string): Record<string, unknown> =>
  JSON.parse(
    world.rows<{ profile: string }>(
      `SELECT document -> 'profile' AS profile FROM accounts WHERE document ->> 'email' = ?`,
      email,
    )[0]?.profile ?? '{}',
  ) as Record<string, unknown>;

async function openProfile(email: string, idleMinutes: number): Promise<Browser> {
  const browser = world.browser();
  await browser.open(`${world.issuer}/account/profile`);
  await signIn(browser, email);
  await browser.open(`${world.issuer}/account/profile`);
  expect(headingOf(browser.page)).toBe('お客様情報の編集');
  await world.advance(idleMinutes * MINUTE);
  return browser;
}

const mailsAbout = async (email: string) =>
  (await world.mails(email)).filter(({ subject }) => subject.includes('お客様情報が変更'));

/** The changed items that a mail lists, in order. */
const listed = (mail: { text: string } | undefined): string[] =>
  (mail?.text ?? '').replaceAll('\r', '').split('変更された項目\n')[1]?.split('\n\n')[0]?.split('\n') ?? [];

async function nextMail(email: string, after: number) {
  return untilFound(`mail ${after + 1} about the profile to ${email}`, async () => {
    const mails = await mailsAbout(email);
    return mails.length > after ? mails[0] : undefined;
  });
}

afterEach(() => {
  // Every test must restore the two accounts.
  expect(profileOf(YAMADA)).toMatchObject({ birthdate: '1988-07-21' });
});

test('S123 the birth date, in a session whose password was given six minutes ago: the password is required, nothing changes before, no input is lost', async () => {
  const before = profileOf(YAMADA);
  const thief = await openProfile(YAMADA, 6);
  const typed = { birthdate_year: '1970', birthdate_month: '1', birthdate_day: '2', street_address: '9-9' };
  await thief.submit('/account/profile', typed);
  expect([thief.page.status, headingOf(thief.page)]).toEqual([422, ASKED]);
  // Guessing, an empty field, a missing field and a field of the thief's own do not help.
  expect(thief.page.text).toContain(YAMADA);
  for (const [guess, problem] of [
    ['', '現在のパスワードを入力してください。'],
    ['Guessed-1', '現在のパスワードが違います。'],
    ['   ', '現在のパスワードが違います。'],
  ] as const) {
    await thief.submit('/account/profile', { password_again: guess });
    expect([thief.page.status, headingOf(thief.page)]).toEqual([422, ASKED]);
    expect([guess, thief.page.text.includes(problem)]).toEqual([guess, true]);
    expect(thief.form('/account/profile').fields).toMatchObject(typed);
  }
  expect(profileOf(YAMADA)).toEqual(before);
  expect(await mailsAbout(YAMADA)).toEqual([]);

  await thief.submit('/account/profile', { password_again: PASSWORD });
  expect(thief.page.url).toBe(`${world.issuer}/account?done=profile`);
  expect(profileOf(YAMADA)).toMatchObject({ birthdate: '1970-01-02', address: { street_address: '9-9' } });
  const mail = await nextMail(YAMADA, 0);
  expect(listed(mail)).toEqual(['生年月日', '住所']);
  expect(mail?.text).not.toMatch(/1970|9-9/);

  // The password was given now: it is not required again for five minutes, but each change sends a mail.
  await world.advance(4 * MINUTE);
  await thief.open(`${world.issuer}/account/profile`);
  await thief.submit('/account/profile', { birthdate_year: '1988', birthdate_month: '7', birthdate_day: '21' });
  expect(thief.page.url).toBe(`${world.issuer}/account?done=profile`);
  expect((await nextMail(YAMADA, 1))?.text).toContain('生年月日');
  await world.advance(2 * MINUTE);
  await thief.open(`${world.issuer}/account/profile`);
  await thief.submit('/account/profile', { birthdate_year: '1970' });
  expect(headingOf(thief.page)).toBe(ASKED);
});

test('S123 each guarded value: the password is required; for the gender it is not', async () => {
  const thief = await openProfile(YAMADA, 6);
  const other: Record<string, string> = {
    family_name: '山本',
    given_name: '次郎',
    family_name_kana: 'ヤマモト',
    given_name_kana: 'ジロウ',
    birthdate_day: '22',
    phone_number: '090-1234-9876',
    postal_code: '220-8572',
    locality: '別の市',
  };
  for (const [field, value] of Object.entries(other)) {
    const answer = await thief.post('/account/profile', { [field]: value });
    expect([field, answer.status, headingOf(answer)]).toEqual([field, 422, ASKED]);
  }
  // A removed value.
  expect(headingOf(await thief.post('/account/profile', { phone_number: '' }))).toBe(ASKED);
  const gender = await thief.post('/account/profile', { gender: 'other' });
  expect(gender.location).toBe(`${world.issuer}/account?done=profile`);
  expect((await thief.post('/account/profile')).location).toBe(`${world.issuer}/account?done=profile`);
});

test('S123 a first birth date: the password is required, on the page and in a flow that requires it, and a mail is sent', async () => {
  const told = (await mailsAbout(SATO)).length;
  const thief = await openProfile(SATO, 6);
  const typed = { birthdate_year: '1970', birthdate_month: '1', birthdate_day: '2' };
  const profile = thief.form('/account/profile').fields;
  const filled = { family_name: '佐藤', given_name: '花子', family_name_kana: 'サトウ', given_name_kana: 'ハナコ' };
  await thief.submit('/account/profile', { ...filled, ...profile, ...typed });
  expect(headingOf(thief.page)).toBe(ASKED);

  // By another way: a service that requires the birth date.
  await begin(world, 'attack-required', {}, thief);
  expect(thief.page.url).toContain('/required-profile');
  await thief.submit('/required-profile', typed);
  expect(
    world.rows(`SELECT 1 FROM expiring_documents WHERE document ->> '$.typed_profile.birthdate' = '1970-01-02'`),
  ).toHaveLength(1);
  await thief.submit('/required-profile/confirm');
  expect([thief.page.status, headingOf(thief.page)]).toEqual([422, ASKED]);
  await thief.submit('/required-profile/confirm', { password_again: 'Guessed-1' });
  expect([thief.page.status, headingOf(thief.page)]).toEqual([422, ASKED]);
  expect(profileOf(SATO).birthdate).toBeUndefined();
  // A person who knows the password continues to the service.
  await thief.submit('/required-profile/confirm', { password_again: PASSWORD });
  expect(thief.page.url).toContain('/required-profile/done');
  expect(profileOf(SATO).birthdate).toBe('1970-01-02');
  expect((await nextMail(SATO, told))?.text).toContain('生年月日');
  // The profile has the typed values, so the draft of the form is gone.
  expect(world.rows(`SELECT 1 FROM expiring_documents WHERE document ->> '$.typed_profile.birthdate' = '1970-01-02'`)).toEqual(
    [],
  );
  await thief.submit('/required-profile/done', {}, CALLBACK);
  expect(thief.page.location).toContain('code=');
});

test('S123 guesses at that password: counted with the logins, refused with a waiting time, and no input is lost', async () => {
  const thief = await openProfile(YAMADA, 6);
  const typed = { birthdate_year: '1970' };
  await thief.submit('/account/profile', typed);
  for (let guess = 0; guess < 12 && thief.page.status === 422; guess += 1)
    await thief.submit('/account/profile', { password_again: `Guessed-${guess}` });
  expect([thief.page.status, headingOf(thief.page)]).toEqual([429, ASKED]);
  expect(Number(thief.page.headers['retry-after'])).toBeGreaterThan(0);
  expect(thief.form('/account/profile').fields).toMatchObject(typed);
  // The correct password is refused too, here and at the login of this browser.
  await thief.submit('/account/profile', { password_again: PASSWORD });
  expect(thief.page.status).toBe(429);
  // After the pause the owner gets in.
  await world.advance(60 * MINUTE);
  const { code } = await signedIn(world, {}, { email: YAMADA });
  expect(code).toBeTruthy();
});

test('another person signs in in the same browser before ⑫ is confirmed: their profile stays, and ⑪ asks them', async () => {
  const before = profileOf(SATO);
  const browser = world.browser();
  await begin(world, 'attack-required', {}, browser);
  await signIn(browser, YAMADA);
  await browser.submit('/required-profile', { birthdate_year: '1988', birthdate_month: '7', birthdate_day: '21' });
  expect(browser.page.url).toMatch(/\/required-profile\/confirm$/);
  const tab = browser.page;
  // A real browser keeps this cookie for each path.
  const ofTab = [...browser.cookies].filter(([name]) => name.includes('interaction'));
  // The session of the first person lives on, but not in this browser.
  for (const name of browser.cookies.keys()) if (name.includes('session')) browser.cookies.delete(name);
  await begin(world, 'attack-web', {}, browser);
  await signIn(browser, SATO);
  for (const [name, value] of ofTab) browser.cookies.set(name, value);
  const answer = await browser.submit(formOn(tab, '/required-profile/confirm'));
  expect([answer.status, answer.url.replace(/.*\//, '')]).toEqual([200, 'required-profile']);
  expect(profileOf(SATO)).toEqual(before);
});
