// A password reset or a change of address, with another request let in before each of their writes: design/security-2.md, S101.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import bcrypt from 'bcrypt';
import type { Browser, Form } from '../support/http-browser.ts';
import { startWorld, type World } from './support/attack-world.ts';
import { signIn } from './support/client.ts';
import { conflicts, HOLDING, type Press } from './support/conflicts.ts';
import { figure } from './support/figure.ts';
import { codeFor } from './support/registration.ts';

jest.setTimeout(180_000);

const OLD = 'Common-2026';
const ADDRESSES = { first: 'sato@example.jp', now: 'now@example.jp', wanted: 'wanted@example.jp', third: 'third@example.jp' };
/** Which request sets which password. */
const PASSWORDS = { old: OLD, C: 'Reset-2026c', D: 'Reset-2026d', undo: 'Undo-2026u', changed: 'Changed-2026' };
/** The tables that a request changes. They are restored before each situation. */
const TABLES = ['identifiers', 'accounts', 'expiring_documents', 'email_codes', 'artifacts', 'counters'];

type Stored = {
  id: string;
  email_canonical: string;
  password_hash: string;
  email_change?: { email_canonical: string };
  emails_before?: { email_canonical: string }[];
};
type Reset = { account_id?: string; completed_at?: number };

let world: World;
let press: Record<string, { make: Press; done: string }>;
let accountId: string;
const resets: Record<string, string> = {};

beforeAll(async () => {
  world = await startWorld(HOLDING);
  const owner = world.browser();
  await owner.open(`${world.issuer}/account`);
  await signIn(owner, ADDRESSES.first, OLD);
  const ask = async (email: string): Promise<Form> => {
    await owner.open(`${world.issuer}/account/email`);
    const form = owner.form('/account/email');
    await owner.submit(form, { email, current_password: OLD });
    return form;
  };
  await ask(ADDRESSES.now);
  await owner.submit('/account/email/code', { code: await codeFor(world, ADDRESSES.now) });
  await world.mail(ADDRESSES.now, 2);
  const { text } = await world.mail(ADDRESSES.first);
  const undone = world.browser();
  await undone.open(/http\S+undo\?token=\S+/.exec(text)?.[0] ?? '');

  // Three resets of the current address: A waits for its code, C and D for the new password.
  const opened: Record<string, { browser: Browser; code: string }> = {};
  for (const [n, name] of ['A', 'C', 'D'].entries()) {
    const browser = world.browser();
    await browser.open(`${world.issuer}/password/forgotten`);
    await browser.submit('/password/forgotten', { email: ADDRESSES.now });
    const code = await codeFor(world, ADDRESSES.now, 3 + n);
    if (name !== 'A') await browser.submit('/password/forgotten/code', { code });
    resets[name] = browser.cookies.get('common-id.password-reset') ?? '';
    opened[name] = { browser, code };
  }
  const form = await ask(ADDRESSES.wanted);
  const code = await codeFor(world, ADDRESSES.wanted);
  const codeForm = owner.form('/account/email/code');
  await owner.open(`${world.issuer}/account/password`);
  const passwordForm = owner.form('/account/password');
  // Codes may be requested again.
  await world.advance(61_000);

  const pressOf = (browser: Browser, form: Form, fields: Record<string, string>, done: string) => ({
    done,
    make: (async (headers = {}) => browser.copy({ from: world.freshAddress() }).post(form, fields, { headers })) satisfies Press,
  });
  const reset = (name: string, page: string, fields: Record<string, string>, done: string) => {
    const { browser } = opened[name] as { browser: Browser };
    return pressOf(browser, browser.form(`/password/forgotten/${page}`), fields, `/password/forgotten/${done}`);
  };
  press = {
    'code of the new address': pressOf(owner, codeForm, { code }, '/account?done=email'),
    'another address': pressOf(owner, form, { email: ADDRESSES.third, current_password: OLD }, '/account/email/code'),
    'another code': pressOf(owner, { ...codeForm, action: '/account/email/code/resend' }, {}, 'code?resent'),
    undo: pressOf(undone, undone.form('/undo'), { known_password: OLD, password: PASSWORDS.undo }, '/undo/done'),
    'change of the password': pressOf(
      owner,
      passwordForm,
      { current_password: OLD, password: PASSWORDS.changed },
      '/account?done=password',
    ),
    'code of reset A': reset('A', 'code', { code: opened.A?.code ?? '' }, 'new'),
    'another code of reset A': reset('A', 'code/resend', {}, 'code?resent'),
    'password of reset C': reset('C', 'new', { password: PASSWORDS.C }, 'done'),
    'another password of reset C': reset('C', 'new', { password: PASSWORDS.D }, 'done'),
    'password of reset D': reset('D', 'new', { password: PASSWORDS.D }, 'done'),
  };
  accountId = account().id;
  for (const table of TABLES) world.change(`CREATE TEMP TABLE kept_${table} AS SELECT * FROM main.${table}`);
});
afterAll(async () => world?.close());

function account(): Stored {
  const sql = `SELECT document FROM accounts WHERE ? IN (document ->> 'id', document ->> 'email_canonical')`;
  const [row] = world.rows<{ document: string }>(sql, accountId ?? ADDRESSES.now);
  return JSON.parse(row?.document ?? '{}') as Stored;
}

function resetOf(name: string): string {
  const [row] = world.rows<{ document: string }>('SELECT document FROM expiring_documents WHERE id = ?', resets[name] ?? '');
  const { account_id, completed_at } = JSON.parse(row?.document ?? '{}') as Reset;
  return completed_at !== undefined ? 'over' : account_id !== undefined ? 'proven' : 'open';
}

function putBack(): void {
  for (const table of TABLES) world.change(`DELETE FROM main.${table}`);
  for (const table of TABLES.toReversed()) {
    if (table !== 'identifiers') world.change(`INSERT INTO main.${table} SELECT * FROM kept_${table}`);
  }
  world.change('INSERT INTO main.identifiers SELECT * FROM kept_identifiers');
}

/** Describes the result in words. */
function outcomeOf() {
  const nameOf = (email?: string): string => Object.entries(ADDRESSES).find(([, address]) => address === email)?.[0] ?? 'none';
  const { email_canonical, email_change, emails_before = [], password_hash } = account();
  const known = Object.entries(PASSWORDS).filter(([, password]) => bcrypt.compareSync(password, password_hash));
  return {
    address: nameOf(email_canonical),
    asked: nameOf(email_change?.email_canonical),
    before: emails_before.map((before) => nameOf(before.email_canonical)),
    passwords: known.map(([name]) => name),
    resets: Object.keys(resets).map(resetOf),
  };
}

type Outcome = ReturnType<typeof outcomeOf>;

/** A mailed code proved the address; one password works, and an authorized request set it; an undo is complete. */
function expectInvariants({ address, before, passwords, resets: [, C, D] }: Outcome): void {
  expect(['first', 'now', 'wanted']).toContain(address);
  expect(before).toEqual({ first: [], now: ['first'], wanted: ['first', 'now'] }[address]);
  expect(passwords).toHaveLength(1);
  // The password of the reset and that of the undo are each set completely or not at all.
  expect(address === 'first').toBe(passwords[0] === 'undo');
  expect([C, D].filter((state) => state === 'over').length).toBeLessThanOrEqual(1);
}

const EMAIL = ['code of the new address', 'another address', 'another code', 'undo', 'change of the password'];
const RESET = [
  'code of reset A',
  'another code of reset A',
  'password of reset C',
  'another password of reset C',
  'password of reset D',
];
const pairsOf = (names: string[], others: string[]): [string, string][] =>
  names.flatMap((first) => others.map((second): [string, string] => [first, second]));
const upper = (names: string[]): [string, string][] =>
  names.flatMap((first, n) => names.slice(n).map((second): [string, string] => [first, second]));

async function everyOrder(pairs: [string, string][]): Promise<number> {
  let writes = 0;
  for (const [first, second] of pairs) {
    const made: { state: string; isRefused: boolean[] }[] = [];
    const begin = (names: string[]) => {
      putBack();
      const isRefused: boolean[] = [];
      const presses = names.map((name, n): Press => async (headers) => {
        const { make, done } = press[name] as { make: Press; done: string };
        const answer = await make(headers);
        isRefused[n] = !(answer.location ?? '').endsWith(done);
        return answer;
      });
      return {
        presses: presses as [Press, Press],
        async outcome() {
          const outcome = outcomeOf();
          expectInvariants(outcome);
          made.push({ state: JSON.stringify(outcome), isRefused });
          return outcome;
        },
      };
    };
    const { wrong, held } = await conflicts(world, async () => begin([first, second]), first === second ? 1 : 2);
    // A request that was refused and said so has changed nothing.
    const left: unknown[] = [];
    for (const one of wrong) {
      const state = JSON.stringify(one.outcome);
      const refused = made.find((other) => other.state === state)?.isRefused.indexOf(true) ?? -1;
      const alone = refused === -1 ? undefined : begin([refused === 0 ? second : first]);
      await alone?.presses[0]();
      if (!alone || JSON.stringify(outcomeOf()) !== state) left.push(one);
    }
    expect([first, second, left]).toEqual([first, second, []]);
    writes += held;
  }
  return writes;
}

test('S101 a change of the address, its undo and a new password in every order of their writes: the result is that of one after the other', async () => {
  const short: [string, string][] = [
    ['code of the new address', 'another address'],
    ['another address', 'another code'],
    ['code of the new address', 'undo'],
  ];
  const pairs = figure(1, 0) ? upper(EMAIL) : short;
  expect(await everyOrder(pairs)).toBeGreaterThan(pairs.length);
});

test('S101 resets of a password in every order of their writes: one new password, and a code works once', async () => {
  const short: [string, string][] = [
    ['code of reset A', 'code of reset A'],
    ['password of reset C', 'another password of reset C'],
    ['password of reset C', 'password of reset D'],
  ];
  const pairs = figure(1, 0) ? upper(RESET) : short;
  expect(await everyOrder(pairs)).toBeGreaterThan(pairs.length);
});

test('S101 a reset while the address changes or is changed back, in every order of their writes: never half of each', async () => {
  const short: [string, string][] = [
    ['code of the new address', 'password of reset C'],
    ['another address', 'password of reset C'],
    ['change of the password', 'password of reset C'],
    ['undo', 'password of reset C'],
  ];
  const pairs = figure(1, 0) ? pairsOf(EMAIL, RESET) : short;
  expect(await everyOrder(pairs)).toBeGreaterThan(pairs.length);
});
