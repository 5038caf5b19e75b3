// Attacks with addresses and numbers that look like others: design/security.md 17 to 22.
import { domainToUnicode } from 'node:url';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Answer } from '../support/http-browser.ts';
import { startWorld, type World } from './support/attack-world.ts';
import { begin, returned, signIn } from './support/client.ts';
import { accountsOf, codeFor, freshEmail, PASSWORD, PROFILE, registerUpTo } from './support/registration.ts';

// Processes start and mails travel slowly on a busy machine.
jest.setTimeout(60_000);

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => world?.close());

/** Whether this login ID and password sign in. */
async function opens(loginId: string, password: string): Promise<boolean> {
  const { browser } = await begin(world, 'attack-web');
  return returned(await signIn(browser, loginId, password)).has('code');
}

/** The address as the mailbox shows it: SMTP servers write domains in lower case and in Unicode. */
function inMailbox(email: string): string {
  const [local = '', domain = ''] = email.split('@');
  return `${local}@${domainToUnicode(domain.toLowerCase())}`;
}

async function registered(email: string, phone = PROFILE.phone_number as string): Promise<void> {
  const { browser } = await registerUpTo(world, 'email');
  await browser.submit('/create/email', { email });
  const sentTo = world.rows<{ to: string }>(
    `SELECT document ->> 'email' AS "to" FROM expiring_documents ORDER BY rowid DESC LIMIT 1`,
  );
  await browser.submit('/create/code', { code: await codeFor(world, inMailbox(sentTo[0]?.to ?? '')) });
  await browser.submit('/create/profile', { ...PROFILE, phone_number: phone });
  await browser.submit('/create/confirm');
  expect(browser.page.url).toContain('/create/complete');
}

/** Presses 認証番号を送信 with this address. */
async function askCode(email: string): Promise<Answer> {
  const { browser } = await registerUpTo(world, 'email');
  return browser.post('/create/email', { email });
}

test('S17 one address in many spellings: one account, and mail goes to the typed address', async () => {
  await registered(' Foo.Bar@EXAMPLE.com ');
  const [account] = accountsOf(world, 'foo.bar@example.com');
  expect(account?.email).toMatch(/^Foo\.Bar@example\.com$/i);
  expect(String(account?.email).startsWith('Foo.Bar@')).toBe(true);
  const spellings = [
    'foo.bar@example.com',
    'FOO.BAR@EXAMPLE.COM',
    'ｆｏｏ．ｂａｒ＠ｅｘａｍｐｌｅ．ｃｏｍ',
    'foo.bar@example.com.',
    '\u3000foo.bar@example.com ',
    'foo.bar@example。com',
  ];
  for (const [index, spelling] of spellings.entries()) {
    expect(await opens(spelling, PASSWORD)).toBe(true);
    if (index > 3) continue;
    // A second registration gets no code: the owner gets a mail at the one address.
    const before = (await world.mails()).length;
    expect((await askCode(spelling)).status).toBe(303);
    const mail = await world.mail(inMailbox(String(account?.email)), index + 2);
    expect((await world.mails()).length).toBe(before + 1);
    expect(mail.text).not.toMatch(/\b\d{6}\b/);
  }
  expect(world.rows(`SELECT * FROM identifiers WHERE key LIKE 'email:foo.bar@%'`)).toHaveLength(1);
  // Composed and decomposed forms of a domain are the same; local parts are ASCII.
  await registered('nfc@b\u00fccher.example');
  expect(await opens('nfc@bu\u0308cher.example', PASSWORD)).toBe(true);
});

test('S18 homoglyphs, invisible characters and letters that fold: refused; international domains become Punycode', async () => {
  await registered('taro@例え.jp');
  expect(accountsOf(world, 'taro@xn--r8jz45g.jp')).toHaveLength(1);
  expect(await opens('taro@xn--r8jz45g.jp', PASSWORD)).toBe(true);
  const hostile = [
    'sato@ex\u0430mple.jp', // Cyrillic a
    's\u0430to@example.jp',
    'sato@exam\u200bple.jp',
    'sa\u200dto@example.jp',
    '\u202eotas@example.jp',
    'sato@example.jp\u2060',
    'sat\u00ba@example.jp',
    '\u212aamado@example.jp', // Kelvin sign
    'yamad\u0131@example.jp', // dotless i
    'sato@xn--exmple-4nf.jp', // the homoglyph, in Punycode
  ];
  const { browser } = await registerUpTo(world, 'email');
  const before = (await world.mails()).length;
  for (const email of hostile) expect([email, (await browser.post('/create/email', { email })).status]).toEqual([email, 422]);
  for (const email of ['s\u0430to@example.jp', '\u017fato@example.jp', 'sato@exam\u200bple.jp', 'ſato@example.jp']) {
    expect(await opens(email, 'Common-2026')).toBe(false);
  }
  expect((await world.mails()).length).toBe(before);
});

test('S19 addresses that programs read differently: refused; mail goes to the exact string that was verified', async () => {
  const { browser } = await registerUpTo(world, 'email');
  const before = (await world.mails()).length;
  const hostile = [
    '"a@evil.example x"@toyota.jp',
    'a(comment)@toyota.jp',
    'group: a@toyota.jp;',
    'a@x.example,b@y.example',
    'a@x.example;b@y.example',
    'a@x.example b@y.example',
    'A <a@x.example>',
    '<a@x.example>',
    'a@x.example\r\nBcc: b@y.example',
    'a@x.example\nBcc: b@y.example',
    'a@x.example%0aBcc:b@y.example',
    'a\u0000@x.example',
    'a@[127.0.0.1]',
    'a@127.0.0.1',
    'a@localhost',
    'a@b@c.example',
    'a..b@x.example',
    '.a@x.example',
    '@x.example',
    `${'l'.repeat(65)}@x.example`,
    `a@${'d'.repeat(64)}.example`,
    `a@${`${'d'.repeat(61)}.`.repeat(4)}example`,
    'a'.repeat(10_000),
  ];
  for (const email of hostile)
    expect([email.slice(0, 80), (await browser.post('/create/email', { email })).status]).toEqual([email.slice(0, 80), 422]);
  expect((await world.mails()).length).toBe(before);
  const odd = "o'brien+tag=1/x@example.jp";
  await browser.post('/create/email', { email: odd });
  const mail = await world.mail(odd);
  const raw = await world.rawMail(mail.id);
  expect(raw.match(/^To: .*$/gim)).toEqual([`To: ${odd}`]);
});

test('S20 a mobile number in other spellings, or as an address: one number, and it signs nobody in', async () => {
  for (const spelling of [
    '090-1234-5678',
    '+819012345678',
    '０９０－１２３４－５６７８',
    '090ー1234ー5678',
    '+81 90-1234-5678',
    '09012345678',
  ]) {
    const email = freshEmail();
    await registered(email, spelling);
    expect((accountsOf(world, email)[0] as { profile: { phone_number: string } }).profile.phone_number).toBe('+819012345678');
  }
  // sato@example.jp has this number.
  for (const number of ['090-2345-6789', '+819023456789', '０９０２３４５６７８９', '09023456789@example.jp']) {
    expect(await opens(number, 'Common-2026')).toBe(false);
  }
  expect(await opens('sato@example.jp', 'Common-2026')).toBe(true);
});

test('S21 a number that is unverified, or claimed by two people: answered like a wrong password', async () => {
  const [mine, thief] = [freshEmail(), freshEmail()];
  await registered(mine, '080-2222-3333');
  await registered(thief, '080-2222-3333');
  const { browser } = await begin(world, 'attack-web');
  const byNumber = await browser.post('/login', { login_id: '08022223333', password: PASSWORD });
  const wrongPassword = await browser.post('/login', { login_id: mine, password: 'Wrong-0000' });
  expect(byNumber.status).toBe(422);
  expect(byNumber.text.replaceAll('08022223333', '…')).toBe(wrongPassword.text.replaceAll(mine, '…'));
});

test('S22 one account by many spellings of its ID: one counter', async () => {
  const email = freshEmail();
  await registered(email);
  const spellings = [email, email.toUpperCase(), ` ${email} `, email.replace('@', '＠'), `${email}.`];
  const statuses: number[] = [];
  for (let n = 0; n < 12; n += 1) {
    const { browser } = await begin(world, 'attack-web');
    statuses.push(
      (await browser.post('/login', { login_id: spellings[n % spellings.length] as string, password: 'Wrong-0000' })).status,
    );
  }
  expect(statuses.slice(0, 10)).toEqual(Array(10).fill(422));
  expect(statuses.slice(10)).toContain(429);
  // The number does not help: it signs nobody in (S21), so an attempt with it is no attempt at the account.
  const { browser } = await begin(world, 'attack-web');
  expect((await browser.post('/login', { login_id: '090-1234-5678', password: PASSWORD })).status).toBe(422);
});
