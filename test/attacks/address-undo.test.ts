// The undo of a changed address, for the owner and for a holder of the old mailbox: design/security-2.md, S122.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { headingOf, type Browser } from '../support/http-browser.ts';
import { startWorld, type World } from './support/attack-world.ts';
import { signIn } from './support/client.ts';
import { untilFound } from '../support/until-true.ts';

// Processes start and mails travel slowly on a busy machine.
jest.setTimeout(60_000);

const DAY = 24 * 60 * 60 * 1000;
/** This account has no birth date. */
const SATO = 'sato@example.jp';
const YAMADA = 'yamada@example.jp';
const PASSWORD = 'Common-2026';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => world?.close());

async function openAccount(email: string, password: string, path = '/account'): Promise<Browser> {
  const browser = world.browser();
  await browser.open(`${world.issuer}${path}`);
  await signIn(browser, email, password);
  return browser;
}

const canSignIn = async (email: string, password: string): Promise<boolean> =>
  headingOf((await openAccount(email, password)).page) === 'マイページ';

async function changeAddress(browser: Browser, password: string, to: string): Promise<void> {
  await browser.open(`${world.issuer}/account/email`);
  await browser.submit('/account/email', { email: to, current_password: password });
  const { subject } = await world.mail(to);
  await browser.submit('/account/email/code', { code: /\d{6}/.exec(subject)?.[0] ?? '' });
  expect(browser.page.url).toBe(`${world.issuer}/account?done=email`);
}

async function changePassword(browser: Browser, from: string, to: string): Promise<void> {
  await browser.open(`${world.issuer}/account/password`);
  await browser.submit('/account/password', { current_password: from, password: to });
  expect(browser.page.url).toBe(`${world.issuer}/account?done=password`);
}

/** Returns the links in the mails to an old address, the newest first. Waits until there are `count`. */
async function undoLinks(email: string, count = 1): Promise<string[]> {
  return untilFound(`${count} undo links to ${email}`, async () => {
    const links = (await world.mails(email)).flatMap(({ text }) => /http\S+undo\?token=\S+/.exec(text) ?? []);
    return links.length >= count ? links : undefined;
  });
}

const addressesOf = (): string[] =>
  world.rows<{ email: string }>(`SELECT document ->> 'email' AS email FROM accounts`).map(({ email }) => email);

test('S122 the old mailbox, a link and a reset, and no recorded birth date: nothing changes, with any input', async () => {
  const owner = await openAccount(SATO, PASSWORD);
  await changeAddress(owner, PASSWORD, 'moved@example.jp');
  const [link = ''] = await undoLinks(SATO);
  const stranger = world.browser();
  await stranger.open(link);
  expect(headingOf(stranger.page)).toBe('メールアドレスの変更の取り消し');
  const form = stranger.form('/undo');
  const guesses = ['', 'Guessed-1', 'Guessed-2', 'Guessed-3', 'Guessed-4'];
  for (const known_password of guesses) {
    const answer = await stranger.post(form, { known_password, password: 'Stolen-2026' });
    expect([known_password, answer.status]).toEqual([known_password, 422]);
  }
  // Many passwords at once, the correct one among them: a few are compared, then none.
  const rush = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => stranger.post(form, { known_password: `Rushed-${n}`, password: 'Stolen-2026' })),
  );
  expect(rush.filter(({ status }) => status === 422)).toHaveLength(1);
  expect(rush.filter(({ status }) => status === 429)).toHaveLength(19);
  expect((await stranger.post(form, { known_password: PASSWORD, password: 'Stolen-2026' })).status).toBe(429);

  // A reset of the old address, as the attack continued.
  const before = (await world.mails(SATO)).length;
  await stranger.open(`${world.issuer}/password/forgotten`);
  await stranger.submit('/password/forgotten', { email: SATO });
  await world.advance(1000);
  expect(await world.mails(SATO)).toHaveLength(before);
  expect(addressesOf()).toContain('moved@example.jp');
  expect(await canSignIn('moved@example.jp', PASSWORD)).toBe(true);
  await owner.open(`${world.issuer}/account`);
  expect(headingOf(owner.page)).toBe('マイページ');

  // A person with the current password undoes the change the next day, and the new password must follow the rule.
  await world.advance(DAY);
  await owner.open(link);
  await owner.submit('/undo', { known_password: PASSWORD, password: 'short' });
  expect([owner.page.status, addressesOf().includes(SATO)]).toEqual([422, false]);
  const [first, second] = await Promise.all(
    ['First-2026', 'Second-2026'].map(async (password) => owner.post('/undo', { known_password: PASSWORD, password })),
  );
  const statuses = [first?.status, second?.status];
  expect(new Set(statuses)).toEqual(new Set([303, 400]));
  expect(await canSignIn(SATO, statuses[0] === 303 ? 'First-2026' : 'Second-2026')).toBe(true);
  expect(await canSignIn('moved@example.jp', PASSWORD)).toBe(false);
});

test('S122 a thief changes password and address, again and again: the owner gets the ID back with an earlier password', async () => {
  const thief = await openAccount(YAMADA, PASSWORD);
  let password = PASSWORD;
  for (const next of ['Thief-2026a', 'Thief-2026b', 'Thief-2026c', 'Thief-2026d']) {
    await changePassword(thief, password, next);
    password = next;
  }
  await changeAddress(thief, password, 'taken@example.jp');
  await changePassword(thief, password, 'Thief-2026e');
  await changeAddress(thief, 'Thief-2026e', 'taken2@example.jp');

  const owner = world.browser();
  await owner.open((await undoLinks(YAMADA))[0] ?? '');
  await owner.submit('/undo', { known_password: PASSWORD, password: 'Mine-again-1' });
  expect(headingOf(owner.page)).toBe('メールアドレスを元に戻しました');
  expect(await canSignIn(YAMADA, 'Mine-again-1')).toBe(true);
  await thief.open(`${world.issuer}/account`);
  expect(headingOf(thief.page)).not.toBe('マイページ');
  for (const address of ['taken@example.jp', 'taken2@example.jp', YAMADA])
    expect([address, await canSignIn(address, 'Thief-2026e')]).toEqual([address, false]);

  // The thief's own address in between cannot undo anything, with any password.
  const [thiefs = ''] = await undoLinks('taken@example.jp');
  await thief.open(thiefs);
  expect(thief.page.status).toBe(400);
  // The mail of the earlier change is used up, and the person who undid it gets a mail about the new password.
  await owner.open((await undoLinks(YAMADA))[0] ?? '');
  expect(owner.page.status).toBe(400);
  expect((await world.mails(YAMADA)).some(({ subject }) => subject.includes('パスワードが変更'))).toBe(true);
});

test('S122 a password that was replaced more than three days ago: cannot undo the change', async () => {
  const browser = await openAccount(YAMADA, 'Mine-again-1');
  await changePassword(browser, 'Mine-again-1', 'Newer-2026');
  await world.advance(3 * DAY + 60_000);
  const later = await openAccount(YAMADA, 'Newer-2026');
  await changeAddress(later, 'Newer-2026', 'later@example.jp');
  // The mail about the earlier change is in the mailbox already.
  const links = await undoLinks(YAMADA, 2);
  await later.open(links[0] ?? '');
  await later.submit('/undo', { known_password: 'Mine-again-1', password: 'Back-2026-1' });
  expect(later.page.status).toBe(422);
  await later.submit('/undo', { known_password: 'Newer-2026', password: 'Back-2026-1' });
  expect(headingOf(later.page)).toBe('メールアドレスを元に戻しました');
});
