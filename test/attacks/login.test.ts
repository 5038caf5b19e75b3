// Attacks on the login by guesses, floods and forged addresses: design/security.md 31 to 38.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { networkOf, sourceOf } from '../../src/http/network.ts';
import { sendRaw, type Answer, type Browser } from '../support/http-browser.ts';
import { startWorld, type World } from './support/attack-world.ts';
import { begin, returned, signIn } from './support/client.ts';
import { figure } from './support/figure.ts';
import { countHashWork } from './support/hash-work.ts';
import { accountsOf, codeFor, freshEmail, PASSWORD, registerUpTo } from './support/registration.ts';

// Processes start and mails travel slowly on a busy machine.
jest.setTimeout(180_000);

let world: World;
let port: number;
const hashWork = countHashWork();
beforeAll(async () => {
  // A cost above the lowest one, so that skipped work is noticed.
  // An address may fail 40 times in the window instead of 600: the same rule with a lower limit.
  world = await startWorld({
    nodes: 2,
    env: { PASSWORD_HASH_COST: '5', ...hashWork.env },
    policy: ({ rate_limits: limits }) => Object.assign(limits.login, { failures_per_address: 40, failures_per_network: 60 }),
  });
  port = world.nodes[1]?.port as number;
});
afterAll(async () => {
  await world?.close();
  hashWork.remove();
});

const MINUTE = 60_000;

async function newAccount(): Promise<string> {
  const { browser, email } = await registerUpTo(world, 'confirm');
  await browser.submit('/create/confirm');
  return email;
}

/** Tries a password in a new browser. */
async function attempt(email: string, password: string, at: { browser?: Browser } = {}): Promise<Answer> {
  const { browser } = await begin(world, 'attack-web', {}, at.browser);
  return browser.post('/login', { login_id: email, password });
}

async function fail(email: string, times: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let n = 0; n < times; n += 1) statuses.push((await attempt(email, `Wrong-000${n}`)).status);
  return statuses;
}

const retryAfter = ({ headers }: Answer): number => Number(headers['retry-after']);

const opens = async (email: string, browser: Browser = world.browser()): Promise<boolean> => {
  await begin(world, 'attack-web', {}, browser);
  return returned(await signIn(browser, email, PASSWORD)).has('code');
};

const plain = ({ status, text, headers, setCookies }: Answer, ...personal: string[]): unknown => ({
  status,
  text: personal
    .reduce((page, value) => page.replaceAll(value, '…'), text)
    .replace(/name="csrf_token" value="[^"]+"/g, '')
    .replace(/interaction[=/][\w-]+/g, '')
    .replace(/[0-9a-f]{12}/g, ''),
  headers: { ...headers, date: '', 'x-request-id': '', 'content-length': '', 'set-cookie': '' },
  cookies: setCookies.map((cookie) => cookie.replace(/=[^;]*/, '')),
});

test('S31 unknown, wrong, disabled, paused: one answer after the same work', async () => {
  const [right, disabled, unknown] = [await newAccount(), await newAccount(), freshEmail()];
  world.change(`UPDATE accounts SET document = json_set(document, '$.disabled_at', 1) WHERE document ->> 'email' = ?`, disabled);
  const answers = {
    wrong: await attempt(right, 'Wrong-0000'),
    unknown: await attempt(unknown, 'Wrong-0000'),
    disabled: await attempt(disabled, PASSWORD),
    noAddress: await attempt('nobody', 'Wrong-0000'),
  };
  const expected = plain(answers.wrong, right);
  expect(answers.wrong.status).toBe(422);
  expect(plain(answers.unknown, unknown)).toEqual(expected);
  expect(plain(answers.disabled, disabled)).toEqual(expected);
  expect(plain(answers.noAddress, 'nobody')).toEqual(expected);

  // An answer takes as long as its hashes. The work is counted, because the time also depends on the machine.
  for (const email of [right, 'sato@example.jp', 'yamada@example.jp', disabled, freshEmail(), 'nobody'])
    expect([email, await hashWork.of(async () => attempt(email, 'Wrong-0000'))]).toEqual([email, 2 ** 5]);

  const [pausedKnown, pausedUnknown] = [await newAccount(), freshEmail()];
  expect(await fail(pausedKnown, 10)).toEqual(await fail(pausedUnknown, 10));
  const [a, b] = [await attempt(pausedKnown, PASSWORD), await attempt(pausedUnknown, PASSWORD)];
  expect(a.status).toBe(429);
  const withoutSeconds = (answer: Answer, email: string): unknown =>
    plain({ ...answer, text: answer.text.replace(/\d+秒/, ''), headers: { ...answer.headers, 'retry-after': '' } }, email);
  expect(withoutSeconds(a, pausedKnown)).toEqual(withoutSeconds(b, pausedUnknown));
});

test('S32 wrong passwords on purpose, also in parallel: pauses that grow and end; the owner gets in on a known device, or with a reset', async () => {
  const email = await newAccount();
  const owner = world.browser();
  expect(await opens(email, owner)).toBe(true);
  // Fifty at once: ten are compared. (The hash of the correct one among them would be the eleventh.)
  const guessers = await Promise.all(Array.from({ length: 50 }, async () => (await begin(world, 'attack-web')).browser));
  const parallel = await Promise.all(
    guessers.map(async (browser, n) =>
      browser.copy(n % 2 ? { port } : {}).post('/login', { login_id: email, password: `Wrong-${1000 + n}` }),
    ),
  );
  expect(parallel.filter(({ status }) => status === 422)).toHaveLength(10);
  expect(parallel.filter(({ status }) => status === 429)).toHaveLength(40);

  // Each pause is twice as long as the one before, and each ends; refused attempts make none longer.
  for (const pause of [30, 60, 120, 240, 480, 960, 1800, 1800]) {
    const refused = await attempt(email, 'Wrong-9999');
    expect(refused.status).toBe(429);
    const seconds = retryAfter(refused);
    expect(seconds).toBeLessThanOrEqual(pause);
    // It has just begun.
    expect(seconds).toBeGreaterThan(pause - 25);
    await world.advance(seconds * 1000 + 1000);
    expect((await attempt(email, 'Wrong-9999')).status).toBe(422);
  }
  expect((await attempt(email, PASSWORD)).status).toBe(429);

  // The owner, in a new browser, gets in with a new password.
  const forgetful = world.browser();
  await forgetful.open(`${world.issuer}/password/forgotten`);
  await forgetful.submit('/password/forgotten', { email });
  await forgetful.submit('/code', { code: await codeFor(world, email, 2) });
  await forgetful.submit('/new', { password: PASSWORD });
  expect(await opens(email, forgetful)).toBe(true);

  // The owner, on a known device, is not locked out – signed in or not.
  const known = world.browser();
  for (const [name, value] of owner.cookies) if (name.includes('device')) known.cookies.set(name, value);
  expect([...known.cookies.keys()]).toEqual(expect.arrayContaining(['common-id.device', 'common-id.device.sig']));
  expect(await opens(email, known)).toBe(true);
  // A forged device cookie does not help, nor one of another account.
  const forged = world.browser();
  forged.cookies.set('common-id.device', owner.cookies.get('common-id.device') ?? '');
  forged.cookies.set('common-id.device.sig', 'A'.repeat(27));
  expect(await opens(email, forged)).toBe(false);
  const stranger = world.browser();
  await opens(await newAccount(), stranger);
  stranger.cookies.delete('common-id.session');
  expect(await opens(email, stranger)).toBe(false);

  await world.advance(31 * MINUTE);
  expect(await opens(email)).toBe(true);
});

test('S33 one password for many accounts: the address is slowed down, then its network, in any spelling', async () => {
  const first = await begin(world, 'attack-web');
  const form = first.browser.form('/login');
  const spray = async (times: number, from: (n: number) => string): Promise<number[]> => {
    const statuses: number[] = [];
    for (let n = 0; n < times; n += 1) {
      const browser = first.browser.copy({ from: from(n) });
      statuses.push((await browser.post(form, { login_id: freshEmail(), password: 'Summer-2026' })).status);
    }
    return statuses;
  };
  // Above the limit one attempt passes in two seconds, and here no second passes.
  await world.withClockStopped(async () => {
    const one = await spray(figure(2500, 44), () => '127.200.7.1');
    expect(one.slice(0, 41)).toEqual(Array(41).fill(422));
    expect(new Set(one.slice(41))).toEqual(new Set([429]));
    const neighbours = await spray(figure(2500, 24), (n) => `127.200.7.${2 + (n % 250)}`);
    // 41 of the network's 60 are used up, and one attempt is allowed in these two seconds.
    expect(neighbours.slice(0, 20)).toEqual(Array(20).fill(422));
    expect(new Set(neighbours.slice(20))).toEqual(new Set([429]));
  });
  // Nobody else is slowed down.
  expect((await attempt(freshEmail(), 'Summer-2026')).status).toBe(422);
  // One key for all spellings (CVE-2026-45364).
  const same = [
    ['192.0.2.1', '::ffff:192.0.2.1', '::FFFF:c000:0201', '0:0:0:0:0:ffff:c000:0201'],
    ['2001:db8::1', '2001:0DB8:0000:0000:ffff::2', '2001:db8:0:0:1:2:3:4', '2001:db8::1%eth0', '2001:db8:0::9'],
  ];
  for (const spellings of same) expect(new Set(spellings.map(sourceOf)).size).toBe(1);
  expect(sourceOf('2001:db8:0:1::1')).not.toBe(sourceOf('2001:db8::1'));
  expect(sourceOf('192.0.2.2')).not.toBe(sourceOf('192.0.2.1'));
  expect(new Set(['192.0.2.1', '::ffff:c000:02ff'].map(networkOf)).size).toBe(1);
  expect(new Set(['2001:db8::1', '2001:db8:0:ffff::1'].map(networkOf)).size).toBe(1);
  expect(networkOf('2001:db8:1::1')).not.toBe(networkOf('2001:db8::1'));
});

test('S34 an invented X-Forwarded-For: ignored; behind a trusted proxy only the hop that it added counts', async () => {
  const flood = async (headersOf: (n: number) => string, at?: number): Promise<number[]> => {
    const { browser } = await begin(world, 'attack-web');
    const form = browser.form('/login');
    const statuses: number[] = [];
    await world.withClockStopped(async () => {
      for (let n = 0; n < 43; n += 1) {
        const copy = browser.copy({ headers: { 'X-Forwarded-For': headersOf(n) }, ...(at === undefined ? {} : { port: at }) });
        statuses.push((await copy.post(form, { login_id: freshEmail(), password: 'Summer-2026' })).status);
      }
    });
    return statuses.slice(-2);
  };
  const invented = (n: number): string => `198.51.${n}.1`;
  expect(await flood(invented)).toEqual([429, 429]);
  const proxied = await world.addNode({ TRUST_PROXY: 'true' });
  // The visitor's text stands before the entry of the proxy.
  expect(await flood((n) => `${invented(n)}, 203.0.113.9`, proxied.port)).toEqual([429, 429]);
  expect(await flood((n) => `${invented(n)}, 2001:db8:7::${n.toString(16)}`, proxied.port)).toEqual([429, 429]);
  expect(await flood((n) => `203.0.114.9, 203.0.${115 + n}.9`, proxied.port)).toEqual([422, 422]);
});

test('S35 another spelling of the path: does not bypass a limit', async () => {
  const email = await newAccount();
  await fail(email, 10);
  const { browser } = await begin(world, 'attack-web');
  const { action: url, fields } = browser.form('/login');
  const action = new URL(url).pathname;
  const body = new URLSearchParams({ ...fields, login_id: email, password: PASSWORD });
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const spellings = [
    action,
    `/${action}`,
    `//${action}`,
    action.replace('/login', '//login'),
    action.replace('/login', '/LOGIN'),
    action.replace('/interaction', '/Interaction'),
    action.toUpperCase(),
    `${action}/`,
    `${action}//`,
    `${action}?x=1`,
    `${action};x=1`,
    `${action}%2f`,
    action.replace('/login', '%2flogin'),
    action.replace('/login', '/%6cogin'),
    action.replace('/login', '/./login'),
    action.replace('/login', '/x/../login'),
    `${world.issuer}${action}`,
  ];
  for (const path of spellings) {
    const answer = await sendRaw(path.startsWith('http') ? path : `${world.issuer}${path}`, {
      method: 'POST',
      body,
      headers: { Cookie: cookie },
      from: world.freshAddress(),
    });
    expect([path, [429, 404, 400, 405].includes(answer.status) || answer.status]).toEqual([path, true]);
  }
});

test('S36 another node, or a restart: the limits stay', async () => {
  const email = await newAccount();
  const statuses: number[] = [];
  for (let n = 0; n < 10; n += 1) {
    const { browser } = await begin(world, 'attack-web');
    statuses.push((await browser.copy(n % 2 ? { port } : {}).post('/login', { login_id: email, password: 'Wrong-0000' })).status);
  }
  expect(statuses).toEqual(Array(10).fill(422));
  const { browser } = await begin(world, 'attack-web');
  const ask = async (at: number): Promise<number> =>
    (await browser.copy({ port: at }).post('/login', { login_id: email, password: PASSWORD })).status;
  expect([await ask(world.nodes[0]?.port as number), await ask(port)]).toEqual([429, 429]);
  const reborn = await world.addNode();
  expect(await ask(reborn.port)).toBe(429);
  await reborn.stop();
  world.nodes.pop();
});

test('S38 a success after many failures: mailed to the owner and written to the ledger, without the password', async () => {
  const email = await newAccount();
  await fail(email, 3);
  expect(await opens(email)).toBe(true);
  await fail(email, 6);
  expect(await opens(email)).toBe(true);
  const [account] = accountsOf(world, email);
  const entries = world.rows<{ event: string }>(`SELECT * FROM ledger_entries`).map((row) => JSON.stringify(row));
  const told = entries.filter(
    (entry) => entry.includes('account.signed_in_after_failures') && entry.includes(String(account?.id)),
  );
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/failures\W+6/);
  await world.mail(email, 2);
  const mails = await world.mails(email);
  expect(mails).toHaveLength(2);
  expect(mails[0]?.text).toContain('6回');
  for (const text of [...told, mails[0]?.text, mails[0]?.html]) expect(text).not.toMatch(/Wrong-000|Kaminari/);
  expect(world.nodes.map((node) => node.output()).join('')).not.toMatch(/Wrong-\d|Kaminari-/);
});
