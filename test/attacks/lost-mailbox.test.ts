// Attacks on the request of a person who can no longer read the mailbox of their ID. design/operations.md, chapter 4, and reality.md, R18.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Account } from '../../src/domain/account.ts';
import { headingOf, mainOf, type Browser } from '../support/http-browser.ts';
import { untilFound, untilTrue } from '../support/until-true.ts';
import { startAdminProcess, type Ended } from '../scripts/run-admin.ts';
import { startWorld, type World } from './support/attack-world.ts';
import { signIn } from './support/client.ts';
import { figure } from './support/figure.ts';
import { e164, freshNumber, switchNumberOn } from './support/mobile-number.ts';
import { expectSameTime } from './support/statistics.ts';

// Processes start and mails travel slowly on a busy machine.
jest.setTimeout(90_000);

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const YAMADA = 'yamada@example.jp';
const SATO = 'sato@example.jp';
const PASSWORD = 'Common-2026';
const NOBODY = 'nobody@example.jp';
const KNOWN = {
  family_name: '山田',
  given_name: '優子',
  phone_number: '',
  birthdate_year: '1988',
  birthdate_month: '7',
  birthdate_day: '21',
};

let world: World;
const commands = startAdminProcess();
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  commands.stop();
  await world?.close();
});

let ahead = 0;
async function advance(milliseconds: number): Promise<void> {
  await world.advance(milliseconds);
  ahead += milliseconds;
}

let mailboxes = 0;
/** A mailbox that the requester reads. */
const freshMailbox = (): string => `requester${(mailboxes += 1)}@example.net`;

/** Fills in the form, and enters the code from the new address. Returns the browser and the number of the request. */
async function ask(email: string, to = freshMailbox(), typed = {}): Promise<{ browser: Browser; number: string; to: string }> {
  const browser = world.browser();
  await browser.open(`${world.issuer}/lost-mailbox`);
  await browser.submit('/lost-mailbox', { ...KNOWN, email, new_email: to, ...typed });
  expect(headingOf(browser.page)).toBe('新しいメールアドレスの確認');
  await browser.submit('/lost-mailbox/code', { code: /\d{6}/.exec((await world.mail(to)).subject)?.[0] ?? '' });
  expect(headingOf(browser.page)).toBe('お申し込みを受け付けました');
  const number = /[0-9a-z]{9}-[0-9a-z]{6}/.exec(mainOf(browser.page))?.[0] ?? '';
  await untilTrue(`the look-up of ${number}`, async () => requestOf(number)?.account_id !== undefined);
  return { browser, number, to };
}

/** Runs a command of the operators. */
async function desk(action: string, number = '', operator = 'a.tanaka', reason = 'ticket 4711'): Promise<Ended> {
  const who = action === 'list' ? [] : [number, '--operator', operator, '--reason', reason];
  const args = ['lost-mailbox', action, ...who, '--project', world.directory, '--json'];
  return commands.run({ args, env: { PATH: process.env.PATH, ...world.env, TEST_CLOCK_AHEAD: String(ahead) } });
}
const json = ({ out }: Ended): Record<string, unknown> => JSON.parse(out) as Record<string, unknown>;

const requestOf = (number: string): { account_id?: string | null } | undefined => {
  const [row] = world.rows<{ document: string }>(
    `SELECT document FROM expiring_documents WHERE kind = 'lost_mailbox_request' AND id = ?`,
    number,
  );
  return row && (JSON.parse(row.document) as { account_id?: string | null });
};
const accountOf = (email: string): Account | undefined => {
  const [row] = world.rows<{ document: string }>(`SELECT document FROM accounts WHERE document ->> 'email' = ?`, email);
  return row && (JSON.parse(row.document) as Account);
};
const stateOf = (email: string, number: string): string | undefined => {
  const one = accountOf(email)?.lost_mailbox?.find(({ request }) => request === number);
  return one && (one.ended?.how ?? (one.change_at === undefined ? 'open' : 'approved'));
};
const eventsOf = (account: string): string[] =>
  world
    .rows<{ type: string }>('SELECT type FROM ledger_entries WHERE subject = ? ORDER BY place', account)
    .map(({ type }) => type);
const stopLink = async (email: string, subject: string): Promise<string> =>
  untilFound(`the mail "${subject}" to ${email}`, async () => {
    const mail = (await world.mails(email)).find((one) => one.subject.includes(subject));
    return mail && /http\S+lost-mailbox\/stop\?token=[\w.-]+/.exec(mail.text)?.[0];
  });
const mailed = async (email: string, subject: string): Promise<void> =>
  untilTrue(`the mail "${subject}" to ${email}`, async () =>
    (await world.mails(email)).some((one) => one.subject.includes(subject)),
  );
const opensAccount = async (email: string, password: string): Promise<boolean> => {
  const browser = world.browser();
  await browser.open(`${world.issuer}/account`);
  await signIn(browser, email, password);
  return headingOf(browser.page) === 'マイページ';
};

test('S177 to find out who has an ID: pages, headers, time and mails are the same for every registered address', async () => {
  const walk = async (email: string, to: string) => {
    const { browser, number } = await ask(email, to);
    const shown = browser.page;
    const { date: _date, 'x-request-id': _id, ...headers } = shown.headers as Record<string, unknown>;
    const bare = (text: string): string =>
      [number, email, to].reduce((rest, one) => rest.replaceAll(one, '…'), text).replace(/name="csrf_token" value="[^"]+"/g, '');
    return {
      status: shown.status,
      headers: JSON.stringify(headers).replace(/"set-cookie":\[[^\]]*\],?/, ''),
      text: bare(shown.text),
    };
  };
  const known = await walk(SATO, 'reader-a@example.net');
  expect(await walk(NOBODY, 'reader-b@example.net')).toEqual(known);
  expect(await world.mails(NOBODY)).toEqual([]);
  await mailed(SATO, 'お申し込みがありました');
  // A new address that has an ID: its page is the same, and its owner gets a mail without a code.
  const pageFor = async (to: string): Promise<string> => {
    const browser = world.browser();
    await browser.open(`${world.issuer}/lost-mailbox`);
    await browser.submit('/lost-mailbox', { ...KNOWN, email: NOBODY, new_email: to });
    return browser.page.text.replaceAll(to, '…').replace(/name="csrf_token" value="[^"]+"/g, '');
  };
  const free = await pageFor('reader-c@example.net');
  expect(await pageFor(YAMADA)).toBe(free);
  await mailed(YAMADA, 'このメールアドレスの共通IDがあります');
  // What the operators' list shows does not name them either.
  const { out } = await desk('list');
  expect(out).not.toContain(SATO);
  expect(json({ out } as Ended)).toMatchObject([
    { state: 'open', from: 's***@example.jp' },
    { state: 'no ID', from: 'n***@example.jp' },
  ]);

  const times = { known: [] as number[], unknown: [] as number[] };
  for (let n = 0; n < figure(60, 0); n += 1) {
    for (const [kind, email] of n % 2
      ? ([
          ['known', SATO],
          ['unknown', `x${n}@example.jp`],
        ] as const)
      : ([
          ['unknown', `x${n}@example.jp`],
          ['known', SATO],
        ] as const)) {
      const browser = world.browser();
      await browser.open(`${world.issuer}/lost-mailbox`);
      times[kind].push((await browser.post('/lost-mailbox', { ...KNOWN, email, new_email: freshMailbox() })).milliseconds);
      await advance(0);
    }
  }
  if (times.known.length > 0) expectSameTime(times.known, times.unknown, 'asking for the change');
});

test('S178 a stranger who knows name and birth date asks for the address: two operators must be deceived, and the owner stops it', async () => {
  const phone = freshNumber();
  await switchNumberOn(world, YAMADA, phone);
  const smsTo = async (): Promise<string[]> => (await world.mails(e164(phone))).map(({ text }) => text).slice(0, -1);
  const { number, to } = await ask(YAMADA);
  await untilTrue('the owner gets an SMS', async () => (await smsTo()).length > 0);
  expect(await smsTo()).toEqual([
    'TOYOTA/LEXUS共通ID：メールアドレス変更の申し込みがありました。お心当たりがなければ、マイページで中止してください。',
  ]);
  const before = accountOf(YAMADA);
  const link = await stopLink(YAMADA, 'お申し込みがありました');
  const mail = (await world.mails(YAMADA)).find(({ subject }) => subject.includes('お申し込みがありました'));
  expect(mail?.text).not.toContain(to);
  expect(mail?.text).toContain(`r***@example.net`);
  // One operator alone, and the same one twice.
  expect(json(await desk('approve', number))).toMatchObject({ approved_by: ['a.tanaka'], change_at: null });
  const again = await desk('approve', number);
  expect([again.code, again.out]).toEqual([1, expect.stringContaining('you have approved it')]);
  expect(stateOf(YAMADA, number)).toBe('open');
  expect(json(await desk('approve', number, 'b.suzuki'))).toMatchObject({ approved_by: ['a.tanaka', 'b.suzuki'] });
  expect(stateOf(YAMADA, number)).toBe('approved');
  await mailed(YAMADA, 'まもなくメールアドレスを変更します');
  await mailed(to, 'お申し込みを確認しました');
  await advance(23 * HOUR_MS);
  await untilTrue('the owner gets another SMS', async () => (await smsTo()).length > 1);
  expect((await smsTo())[0]).toContain('まもなくメールアドレスを変更します');
  expect(accountOf(YAMADA)).toMatchObject({ email: YAMADA, email_canonical: before?.email_canonical });

  // Opening the link stops nothing, because mail scanners open links. The button does, also twice.
  const owner = world.browser();
  await owner.open(link);
  expect(headingOf(owner.page)).toBe('メールアドレス変更の中止');
  expect(stateOf(YAMADA, number)).toBe('approved');
  await owner.submit('/lost-mailbox/stop');
  expect(headingOf(owner.page)).toBe('変更を中止しました');
  await owner.open(link);
  expect(headingOf(owner.page)).toBe('変更を中止しました');
  await mailed(to, 'メールアドレスを変更できませんでした');
  await advance(3 * DAY_MS);
  expect(accountOf(YAMADA)).toMatchObject({ email: YAMADA });
  expect(stateOf(YAMADA, number)).toBe('stopped');
  const events = eventsOf(before?.id ?? '');
  for (const [type, times] of [
    ['account.lost_mailbox_asked', 1],
    ['account.lost_mailbox_approved', 2],
    ['account.lost_mailbox_stopped', 1],
    ['account.lost_mailbox_changed', 0],
  ] as const)
    expect([type, events.filter((one) => one === type).length]).toEqual([type, times]);
});

test('S178 a stranger with a wrong birth date, or while the owner uses the ID: no operator can approve it, and an approved one is dropped', async () => {
  const wrong = await ask(YAMADA, undefined, { birthdate_day: '22' });
  expect(await desk('approve', wrong.number)).toMatchObject({ code: 1, out: expect.stringContaining('birth date') });
  // A look at a person is an event, with the operator and the reason.
  expect(json(await desk('show', wrong.number))).toMatchObject({ can_be_approved: false });
  expect(eventsOf(accountOf(YAMADA)?.id ?? '').at(-1)).toBe('account.lost_mailbox_seen');
  expect(json(await desk('refuse', wrong.number))).toMatchObject({ refused: true });
  expect(await desk('refuse', wrong.number, 'b.suzuki')).toMatchObject({ code: 1 });
  await mailed(wrong.to, 'メールアドレスを変更できませんでした');

  const right = await ask(YAMADA);
  await desk('approve', right.number);
  await desk('approve', right.number, 'b.suzuki');
  expect(stateOf(YAMADA, right.number)).toBe('approved');
  // The owner sees it on My page after an ordinary sign-in.
  const owner = world.browser();
  await owner.open(`${world.issuer}/account`);
  await signIn(owner, YAMADA, PASSWORD);
  expect(mainOf(owner.page)).toContain('変更したいというお申し込みがあります');
  await advance(25 * HOUR_MS);
  await untilTrue('the request is dropped', async () => stateOf(YAMADA, right.number) === 'overtaken');
  expect(accountOf(YAMADA)).toMatchObject({ email: YAMADA });
  await mailed(right.to, 'メールアドレスを変更できませんでした');
  expect(await opensAccount(YAMADA, PASSWORD)).toBe(true);
  // The button of My page.
  const third = await ask(YAMADA);
  await owner.open(`${world.issuer}/account`);
  await owner.submit('/account/lost-mailbox/stop');
  expect(mainOf(owner.page)).toContain('メールアドレスの変更を中止しました');
  expect(stateOf(YAMADA, third.number)).toBe('stopped');
});

test('S179 guessed, foreign and late stop links: nothing is stopped, and nothing that has happened is hidden', async () => {
  const { number, to } = await ask(SATO);
  const id = accountOf(SATO)?.id ?? '';
  const link = await stopLink(SATO, 'お申し込みがありました');
  const other = accountOf(YAMADA)?.id ?? '';
  const secret = link.split('.').at(-1) ?? '';
  const guesses = [`${id}.${'a'.repeat(43)}`, `${other}.${secret}`, `${id}.`, id, '', '%00', `${id}.${secret}x`];
  for (const token of guesses) {
    const stranger = world.browser();
    await stranger.open(`${world.issuer}/lost-mailbox/stop?token=${token}`);
    expect([token, stranger.page.status, headingOf(stranger.page)]).toEqual([token, 400, 'このリンクは使えません']);
  }
  expect(stateOf(SATO, number)).toBe('open');

  // The owner has lost the mailbox indeed: two operators, a day, and the address changes.
  await desk('approve', number);
  await desk('approve', number, 'b.suzuki');
  await advance(25 * HOUR_MS);
  await untilTrue('the address changes', async () => accountOf(to)?.id === id);
  expect(eventsOf(id)).toContain('account.lost_mailbox_changed');
  const late = world.browser();
  // The request is closed a moment after the account has changed.
  await untilTrue('the link tells of the change', async () => {
    await late.open(link);
    return headingOf(late.page) === 'メールアドレスは変更されています';
  });
  // The old address gets the same mail as after any change, and a password of the ID undoes it.
  await mailed(SATO, 'メールアドレスが変更されました');
  await mailed(to, 'メールアドレスを変更しました');
  const { text } = (await world.mails(to)).find(({ subject }) => subject.includes('メールアドレスを変更しました')) ?? {
    text: '',
  };
  expect(text).toContain(`${world.issuer}/password/forgotten`);
  // The new address leads to a new password.
  const person = world.browser();
  await person.open(`${world.issuer}/password/forgotten`);
  const count = (await world.mails(to)).length;
  await person.submit('/password/forgotten', { email: to });
  await person.submit('/code', { code: /\d{6}/.exec((await world.mail(to, count + 1)).subject)?.[0] ?? '' });
  await person.submit('/new', { password: 'Found-2026-x' });
  expect(await opensAccount(to, 'Found-2026-x')).toBe(true);
  // The person with the old mailbox alone gets nowhere; with a password of the ID, within 72 hours, the change is undone.
  const undo = /http\S+email\/undo\?token=[\w.-]+/.exec((await world.mail(SATO)).text)?.[0] ?? '';
  const old = world.browser();
  await old.open(undo);
  await old.submit('/undo', { known_password: 'Guess-2026', password: 'Thief-2026-x' });
  expect(old.page.status).toBe(422);
  await old.submit('/undo', { known_password: PASSWORD, password: 'Back-2026-xy' });
  expect(headingOf(old.page)).toBe('メールアドレスを元に戻しました');
  expect(accountOf(SATO)?.id).toBe(id);
});

test('S181 a flood of requests, and hostile values: five a day reach an address, and nothing breaks', async () => {
  // The two of the tests before are more than a day old by the clock.
  const victim = `victim@example.jp`;
  const statuses: number[] = [];
  for (let n = 0; n < 7; n += 1) {
    const browser = world.browser();
    const to = freshMailbox();
    await browser.open(`${world.issuer}/lost-mailbox`);
    await browser.submit('/lost-mailbox', { ...KNOWN, email: victim, new_email: to });
    const answer = await browser.post('/lost-mailbox/code', { code: /\d{6}/.exec((await world.mail(to)).subject)?.[0] ?? '' });
    statuses.push(answer.status);
    if (answer.status === 429) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  }
  expect(statuses).toEqual([303, 303, 303, 303, 303, 429, 429]);

  const browser = world.browser();
  await browser.open(`${world.issuer}/lost-mailbox`);
  const hostile = [
    '',
    ' ',
    'x'.repeat(5000),
    '<script>alert(1)</script>',
    'a@b',
    `"><img src=x>@example.jp`,
    "' OR 1=1 --",
    '\u0000',
  ];
  for (const value of hostile) {
    const answer = await browser.post('/lost-mailbox', { ...KNOWN, email: value, new_email: value, family_name: value });
    expect([value.slice(0, 20), answer.status]).toEqual([value.slice(0, 20), 422]);
    expect(answer.text).not.toContain('<script>alert(1)');
  }
  const same = await browser.post('/lost-mailbox', { ...KNOWN, email: SATO, new_email: SATO.toUpperCase() });
  expect(same.status).toBe(422);
  // A code of another purpose, and the code in another browser.
  const to = freshMailbox();
  await browser.submit('/lost-mailbox', { ...KNOWN, email: SATO, new_email: to });
  const code = /\d{6}/.exec((await world.mail(to)).subject)?.[0] ?? '';
  const other = world.browser();
  await other.open(`${world.issuer}/lost-mailbox`);
  await other.submit('/lost-mailbox', { ...KNOWN, email: SATO, new_email: freshMailbox() });
  await other.submit('/lost-mailbox/code', { code });
  expect(other.page.status).toBe(422);
  // Without a reason, with a name, or with an operator that is none: the command refuses, and writes nothing.
  const { number } = await ask(SATO);
  for (const [operator, reason] of [
    ['a.tanaka', 'x'],
    ['a.tanaka', '山田 優子 さん'],
    ['a.tanaka', `mail to ${SATO}`],
    ['A B', 'ticket 1'],
    ['', 'ticket 1'],
  ] as const)
    expect([operator, reason, (await desk('approve', number, operator, reason)).code]).toEqual([operator, reason, 2]);
  expect(stateOf(SATO, number)).toBe('open');
});
