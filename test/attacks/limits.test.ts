// Attacks on the limits: locking others out, or bypassing the limits. design/security-2.md S110 to S112, S116, S117 and S125.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { join } from 'node:path';
import { sourceOf } from '../../src/http/network.ts';
import { openAppDatabase } from '../../src/apps/open-app-database.ts';
import { createTries, LOGIN_FROM_ADDRESS } from '../../src/apps/owners-site/tries.ts';
import { startSite } from '../apps/owners-site/start-site.ts';
import { createBrowser, type Answer, type Browser } from '../support/http-browser.ts';
import { startWorld, type World } from './support/attack-world.ts';
import { basic, begin, returned, signIn, token } from './support/client.ts';
import { figure } from './support/figure.ts';
import { codeFor, freshEmail, PASSWORD, registerUpTo } from './support/registration.ts';

// Processes start and mails travel slowly on a busy machine.
jest.setTimeout(600_000);

let world: World;
beforeAll(async () => {
  // The same rules with lower limits.
  world = await startWorld({
    policy: ({ rate_limits: limits, password_hash: hashes }) => {
      // One machine plays everybody, within a minute. The budgets of the hashing lane have tests of their own.
      Object.assign(hashes.per_minute, { address: 10_000, account: 1000 });
      Object.assign(limits.login, { failures_per_address: figure(600, 60) });
      Object.assign(limits.email_code, {
        unproven_per_address_per_hour: 20,
        overall_per_hour: 60,
        short_tries_per_mailbox_per_day: 12,
      });
    },
  });
});
afterAll(async () => world?.close());

async function newAccount(browser = world.browser()): Promise<string> {
  const { email } = await registerUpTo(world, 'confirm', { browser });
  await browser.submit('/create/confirm');
  return email;
}

const opens = async (email: string, browser: Browser): Promise<boolean> => {
  await begin(world, 'attack-web', {}, browser);
  return returned(await signIn(browser, email, PASSWORD)).has('code');
};

const retryAfter = ({ headers }: Answer): number => Number(headers['retry-after']);

describe('the login', () => {
  test('S111 wrong logins from one phone behind a carrier: correct passwords and known devices of its address and network pass, and a refusal says how long to wait', async () => {
    const from = world.freshAddress();
    const neighbour = from.replace(/\d+$/, '2');
    const [same, beside, device] = [await newAccount(), await newAccount(), world.browser({ from })];
    const known = await newAccount();
    expect(await opens(known, device)).toBe(true);
    device.cookies.delete('common-id.session');
    const phone = (await begin(world, 'attack-web', {}, world.browser({ from }))).browser;
    const form = phone.form('/login');
    await world.withClockStopped(async () => {
      const statuses: number[] = [];
      let refused: Answer | undefined;
      for (let n = 0; n < figure(1000, 80); n += 1) {
        const answer = await phone.post(form, { login_id: freshEmail(), password: 'Wrong-0000' });
        statuses.push(answer.status);
        if (answer.status === 429) refused = answer;
      }
      expect(statuses.filter((status) => status === 422)).toHaveLength(figure(600, 60) + 1);
      expect(retryAfter(refused as Answer)).toBeLessThanOrEqual(2);
      expect(refused?.text).toMatch(/あと\d秒ほど/);
      expect(await opens(known, device)).toBe(true);
      expect(await opens(beside, world.browser({ from: neighbour }))).toBe(true);
    });
    await world.advance(2000);
    expect(await opens(same, world.browser({ from }))).toBe(true);
  });

  test('S111 two thousand customers of one office or carrier sign in within minutes: nobody is refused', async () => {
    const from = world.freshAddress();
    const { browser } = await begin(world, 'attack-web', {}, world.browser({ from }));
    const form = browser.form('/login');
    const statuses: number[] = [];
    // Each person mistypes at most once, and then signs in: correct passwords do not count.
    for (let n = 0; n < figure(250, 70); n += 1) {
      const copy = browser.copy();
      const { status } = await copy.post(form, { login_id: n % 10 ? 'sato@example.jp' : freshEmail(), password: 'Common-2026' });
      statuses.push(status);
    }
    expect(statuses.filter((status) => status === 429 || status === 503)).toEqual([]);
  });
});

describe('mailed codes', () => {
  /** Requests a code for a reset. */
  async function ask(email: string, browser: Browser = world.browser()): Promise<Browser> {
    await browser.open(`${world.issuer}/password/forgotten`);
    await browser.submit('/password/forgotten', { email });
    return browser;
  }
  const longCodeOf = ({ text }: { text: string }): string | undefined =>
    /\b\d{4} \d{4} \d{4}\b/.exec(text.normalize('NFKC'))?.[0];
  const wrongCodes = (right: string, times: number): string[] =>
    Array.from({ length: times }, (_, n) => String((Number(right) + 1 + n) % 1_000_000).padStart(6, '0'));

  test('S110 a stranger fails at the login, guesses reset codes and requests resets from everywhere: the owner gets in on a new device with one mailed code', async () => {
    const email = await newAccount();
    const strangers: Browser[] = [];
    for (let n = 0; n < figure(40, 12); n += 1) {
      const stranger = await ask(email);
      strangers.push(stranger);
      await stranger.post('/code', { code: '000000' });
      await (await begin(world, 'attack-web')).browser.post('/login', { login_id: email, password: `Wrong-00${n}` });
    }
    const owner = await ask(email);
    // Five codes in the hour, with the registration's, and one long code that works for every reader of the mailbox.
    const mail = await world.mail(email, 6);
    await world.advance(0);
    expect(await world.mails(email)).toHaveLength(6);
    const code = longCodeOf(mail);
    // Nobody else can use it up.
    for (const wrong of ['111111111111', '222222222222'])
      for (const stranger of strangers.slice(0, 6)) await stranger.post('/code', { code: wrong });
    await owner.submit('/code', { code: code ?? '' });
    await owner.submit('/new', { password: PASSWORD });
    expect(await opens(email, owner)).toBe(true);
    // It works once.
    expect((await strangers[0]?.post('/code', { code: code ?? '' }))?.status).toBe(422);
    // Proven codes do not count, so the next flood has the same effect.
    for (let n = 0; n < 2; n += 1) await ask(email);
    await world.advance(0);
    const codes = new Set((await world.mails(email)).map(longCodeOf).filter(Boolean));
    expect(codes.size).toBe(2);
  });

  test('S110 many resets of one address side by side: each browser has its own, and wrong codes use up nobody’s daily limit', async () => {
    const email = await newAccount();
    const [owner, stranger] = [await ask(email), await ask(email)];
    await world.mail(email, 3);
    const [theirs, own] = (await world.mails(email)).map(({ text }) => /\b\d{6}\b/.exec(text.normalize('NFKC'))?.[0] ?? '');
    for (const code of wrongCodes(theirs ?? '', 7)) if (code !== own) await stranger.post('/code', { code });
    await owner.submit('/code', { code: own ?? '' });
    expect(owner.page.url).toMatch(/\/new$/);
  });

  test('S112 resets for unknown addresses: no mail is sent, none counts, and quiet networks keep their share', async () => {
    await world.advance(60 * 60_000);
    const statuses: number[] = [];
    for (let n = 0; n < figure(400, 70); n += 1) statuses.push((await ask(`nobody-${n}@example.jp`)).page.status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    // One network sends to many until 80 of 100 are used up; quiet networks still get codes.
    const busy = await registerUpTo(world, 'email');
    const form = busy.browser.form('/create/email');
    const network = (n: number): string => (busy.browser.options.from ?? '').replace(/\d+$/, String(n));
    const sent: number[] = [];
    for (let n = 0; n < 60; n += 1)
      sent.push((await busy.browser.copy({ from: network(2 + n) }).post(form, { email: freshEmail() })).status);
    expect(sent.filter((status) => status === 303)).toHaveLength(48);
    expect((await registerUpTo(world, 'code')).shown.status).toBe(200);
    await world.advance(60 * 60_000);
  });

  test('S116 codes for one mailbox under many tags, and at Gmail with dots: counted together, but still different addresses', async () => {
    const box = freshEmail();
    const tagged = Array.from({ length: figure(30, 7) }, (_, n) => box.replace('@', `+${n}@`));
    const statuses = async (addresses: string[]): Promise<number[]> => {
      const all: number[] = [];
      for (const email of addresses) {
        const { browser } = await registerUpTo(world, 'email');
        all.push((await browser.post('/create/email', { email })).status);
      }
      return all;
    };
    expect((await statuses(tagged)).filter((status) => status === 303)).toHaveLength(5);
    const gmail = ['some.one', 'so.meone', 's.omeone', 'someone', 'someone+x', 'some.one+y', 'S.O.M.E.O.N.E'];
    const domains = gmail.map((name, n) => `${name}@${n % 2 ? 'gmail.com' : 'googlemail.com'}`);
    expect((await statuses(domains)).filter((status) => status === 303)).toHaveLength(5);
    // At other providers a dot is part of the name.
    expect(await statuses(gmail.slice(0, 4).map((name) => `${name}@example.jp`))).toEqual([303, 303, 303, 303]);
    expect((await world.mail(tagged[1] ?? '')).to).toBe(tagged[1]);
  });

  test('S125 guesses at the registration codes of one address from changing networks: limited by the day, and the owner still gets a code', async () => {
    const email = freshEmail();
    const compared = async (count: number): Promise<boolean> => {
      const { browser } = await registerUpTo(world, 'code', { email });
      const mail = await world.mail(email, count);
      const long = longCodeOf(mail);
      const right = long?.replaceAll(' ', '') ?? /\b\d{6}\b/.exec(mail.text.normalize('NFKC'))?.[0] ?? '';
      for (const code of wrongCodes(right, 4)) await browser.post('/create/code', { code });
      return long === undefined;
    };
    const short: boolean[] = [];
    for (let n = 0; n < 4; n += 1) {
      short.push(await compared(n + 1));
      await world.advance(61 * 60_000);
    }
    // Twelve wrong codes for three six-digit codes; the next code has twelve digits.
    expect(short).toEqual([true, true, true, false]);
    const { browser } = await registerUpTo(world, 'code', { email });
    const code = longCodeOf(await world.mail(email, 5));
    await browser.submit('/create/code', { code: code ?? '' });
    expect(browser.page.url).toMatch(/\/profile$/);
    // A six-digit code that was mailed before no longer works.
    const other = freshEmail();
    const first = (await registerUpTo(world, 'code', { email: other })).browser;
    const right = await codeFor(world, other);
    for (let n = 0; n < 3; n += 1) {
      const guesser = (await registerUpTo(world, 'email')).browser;
      await guesser.submit('/create/email', { email: other });
      for (const wrong of wrongCodes(right, 4)) await guesser.post('/create/code', { code: wrong });
    }
    expect((await first.post('/create/code', { code: right })).status).toBe(422);
    await world.advance(24 * 60 * 60_000);
    const later = (await registerUpTo(world, 'code', { email: other })).browser;
    await later.submit('/create/code', { code: await codeFor(world, other, 5) });
    expect(later.page.url).toMatch(/\/profile$/);
  });
});

describe('one name for an address', () => {
  test('S117 attempts at the owners site from all over one IPv6 /64: one count, and the next /64 has its own', async () => {
    const site = await startSite({ trustProxy: 1 });
    try {
      const database = openAppDatabase(join(site.directory, 'owners-site.sqlite'));
      const tries = createTries(database, Date.now);
      for (let n = 0; n <= 600; n += 1) tries.count(LOGIN_FROM_ADDRESS, sourceOf(`2001:db8::${n.toString(16)}`));
      database.close();
      const from = async (address: string): Promise<Answer> => {
        const browser = createBrowser({ headers: { 'X-Forwarded-For': address } });
        await browser.open(`${site.origin}/login`);
        return browser.post('/login', { user_id: `nobody-${address}`, password: 'Wrong-0000' });
      };
      const refused = await from('2001:db8::ffff:1');
      expect(refused.status).toBe(429);
      expect(retryAfter(refused)).toBeLessThanOrEqual(2);
      expect((await from('2001:db8:0:1::1')).status).toBe(422);
    } finally {
      await site.close();
    }
  });

  test("S117 wrong client secrets from the client's own network: the correct one is still accepted", async () => {
    const from = world.freshAddress();
    const ask = async (secret?: string) =>
      token(world, { grant_type: 'authorization_code' }, { headers: basic('attack-web', secret), from });
    const statuses: number[] = [];
    for (let n = 0; n < figure(500, 25); n += 1) statuses.push((await ask(`guess-${n}`)).status);
    expect(statuses.slice(20)).toEqual(Array(figure(500, 25) - 20).fill(429));
    const right = await ask();
    expect([right.status, right.body.error]).toEqual([400, 'invalid_request']);
    // Elsewhere, a mistake is still told as one.
    const mistaken = { headers: basic('attack-web', 'mistaken'), from: world.freshAddress() };
    expect((await token(world, { grant_type: 'authorization_code' }, mistaken)).status).toBe(401);
  });
});
