// Attacks on and with passwords: design/security.md 23 to 27.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { createPasswordHasher, PasswordTooLong } from '../../src/authentication/password/password-hash.ts';
import { checkPassword, loadCommonPasswords } from '../../src/domain/password-policy.ts';
import { formsOf, textOf, type Answer, type Browser } from '../support/http-browser.ts';
import { startWorld, type World } from './support/attack-world.ts';
import { begin, returned, signIn } from './support/client.ts';
import { countHashWork } from './support/hash-work.ts';
import { PROFILE, registerUpTo } from './support/registration.ts';

// Processes start and mails travel slowly on a busy machine.
jest.setTimeout(60_000);

let world: World;
let browser: Browser;
let form: ReturnType<Browser['form']>;
const hashWork = countHashWork();
beforeAll(async () => {
  world = await startWorld({ env: hashWork.env });
  ({ browser } = await registerUpTo(world, 'profile', { email: 'hanako.kato@example.jp' }));
  form = browser.form('/create/profile');
});
afterAll(async () => {
  await world?.close();
  hashWork.remove();
});

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Presses 確認 with this password; 303 leads to ⑧. */
const choose = async (password: string, more = {}): Promise<Answer> => browser.post(form, { ...PROFILE, password, ...more });

/** Returns the error at the password field. */
const problemOf = ({ text }: Answer): string => textOf(/id="password-error"[^>]*>([\s\S]*?)<\/p>/.exec(text)?.[1] ?? '');

test('S23 passwords at the borders of the rule: answered as the page says', async () => {
  const accepted = [
    'Kmn-4827',
    'k4m1n4r1',
    'Kaminari-4827-Higash',
    ...Array.from('-*_!#$%', (symbol) => `Kami4827${symbol}`),
    '4827kami',
    'KAMI4827',
  ];
  for (const [index, password] of accepted.entries()) {
    // The most password hashes that a registration may use in a minute.
    if (index === 8) await world.advance(60_000);
    expect([password, (await choose(password)).status]).toEqual([password, 303]);
  }
  const refused = [
    'Kmn-482',
    'Kaminari-4827-Higashi',
    'Kaminariyo',
    '48273659',
    '--------',
    'Kami-nari',
    'Kami 4827',
    'Kami"4827',
    "Kami'4827",
    'Kami&4827',
    'Kami~4827',
    'Kami@4827',
    'Kami\\4827',
    'Kami<4827>',
    'ＡKami4827',
    'Kami4827１',
    'Kami⚡4827',
    'Kami\u00004827',
    'Kami\t4827',
    'Kami\n4827',
    'Kamí4827a',
  ];
  for (const password of refused) {
    const answer = await choose(password);
    expect([password, answer.status]).toEqual([password, 422]);
    expect(problemOf(answer)).not.toBe('');
    expect(answer.text).not.toContain(password.replace(/["'&<>]/g, '…'));
  }
  // The page shows the rule of the server: the length, and every symbol.
  const shown = textOf((await browser.open(form.action)).text);
  expect(shown).toMatch(/8.*20/);
  for (const symbol of '-*_!#$%') expect(shown).toContain(symbol);
});

test('S24 a password with spaces, other case or width: another password; nothing is trimmed, cut or converted', async () => {
  const { browser: person, email } = await registerUpTo(world, 'profile');
  const exact = 'Kaminari-4827-Higash';
  await person.submit('/create/profile', { ...PROFILE, password: exact });
  await person.submit('/create/confirm');
  const opens = async (password: string): Promise<boolean> => {
    const { browser: other } = await begin(world, 'attack-web');
    return returned(await signIn(other, email, password)).has('code');
  };
  for (const other of [
    ` ${exact}`,
    `${exact} `,
    exact.slice(0, -1),
    `${exact}x`,
    exact.toLowerCase(),
    exact.replace('4', '４'),
    exact.replace('-', '－'),
  ]) {
    expect([other, await opens(other)]).toEqual([other, false]);
  }
  expect(await opens(exact)).toBe(true);
  // Full width is a common mistake on a Japanese keyboard: the page names it, and never converts it silently.
  const fullWidth = await choose('Ｋａｍｉ－４８２７');
  expect(fullWidth.status).toBe(422);
  expect(problemOf(fullWidth)).toContain('半角');
});

test('S25 passwords longer than bcrypt reads, and of a megabyte: refused before any work', async () => {
  const hasher = createPasswordHasher({ cost: 4, concurrency: 1, queueLimit: 1 });
  await expect(hasher.hash(`${'a'.repeat(71)}あ`)).rejects.toThrow(PasswordTooLong);
  await expect(hasher.hash('a'.repeat(73))).rejects.toThrow(PasswordTooLong);
  const hash = await hasher.hash('a'.repeat(72));
  expect(await hasher.verify('a'.repeat(73), hash)).toBe(false);

  const { browser: atLogin } = await begin(world, 'attack-web');
  const pages: [Browser, ReturnType<Browser['form']>, Record<string, string>][] = [
    [browser, form, PROFILE],
    [atLogin, atLogin.form('/login'), { login_id: 'sato@example.jp' }],
  ];
  for (const [at, target, fields] of pages) {
    let answer: Answer | undefined;
    const work = await hashWork.of(async () => {
      answer = await at.post(target, { ...fields, password: 'a1'.repeat(500_000) });
    });
    expect({ status: answer?.status, work }).toEqual({ status: 413, work: 0 });
  }
});

test("S26 common passwords and the person's own data: refused, with the reason", async () => {
  const common = await loadCommonPasswords(root('config/common-passwords.txt'));
  const rule = { minLength: 8, maxLength: 20, symbols: '-*_!#$%' };
  const passwords = readFileSync(root('config/common-passwords.txt'), 'utf8').split('\n');
  const meeting = passwords.filter((password) => /^(?=.*[a-z])(?=.*\d)[a-z\d*_!#$%-]{8,20}$/.test(password)).slice(0, 3000);
  expect(meeting.length).toBeGreaterThan(1000);
  expect(meeting.filter((password) => !checkPassword(password, rule, [], common).includes('common'))).toEqual([]);

  for (const password of [
    'toyota123',
    'Toyota-2026',
    'lexus2025',
    'LEXUS2025!',
    'password1',
    'qwerty123',
    ...meeting.slice(0, 5),
  ]) {
    const answer = await choose(password);
    expect([password, answer.status]).toEqual([password, 422]);
    expect(problemOf(answer)).not.toBe('');
  }
  const [, number] = [PROFILE.family_name, '90123456'];
  for (const password of ['hanako.kato1'.replace('.', '-'), 'Hanako2468', 'kato-2468x', `a${number}78`, '12345678a']) {
    expect([password, (await choose(password)).status]).toEqual([password, 422]);
  }
});

test('S27 password fields: hidden, pasteable, known to password managers; the toggle leaks nothing', async () => {
  const registration = formsOf((await browser.open(form.action)).text).find(({ html }) => html.includes('name="password"'));
  const { browser: other } = await begin(world, 'attack-web');
  const login = other.form('/login');
  const field = (html = ''): string => /<input[^>]*name="password"[^>]*>/.exec(html)?.[0] ?? '';
  expect(field(registration?.html)).toMatch(/type="password".*autocomplete="new-password"/);
  expect(field(login.html)).toMatch(/type="password".*autocomplete="current-password"/);
  for (const html of [registration?.html, login.html]) {
    expect(field(html)).not.toMatch(/ (?:onpaste|maxlength)=| value="[^"]/);
  }
  expect(login.method).toBe('post');
  expect(registration?.method).toBe('post');
  // A refused form does not return the password.
  const refused = await choose('Kami 4827');
  expect(refused.text).not.toContain('Kami 4827');
});
