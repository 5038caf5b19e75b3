// Attacks on the limits themselves: to keep others out by meeting them, or to get around them. design/security-2.md S110 to S112, S116, S117 and S125.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { sourceOf } from '../../src/http/network.ts';
import { createTries, LOGIN_FROM_ADDRESS } from '../../src/apps/owners-site/tries.ts';
import { startSite } from '../apps/owners-site/start-site.ts';
import { createBrowser, type Answer, type Browser } from '../support/http-browser.ts';
import { startWorld, type World } from './support/attack-world.ts';
import { basic, begin, returned, signIn, token } from './support/client.ts';
import { figure } from './support/figure.ts';
import { freshEmail, PASSWORD, registerUpTo } from './support/registration.ts';

// Processes start and mails travel; a busy machine takes its time.
jest.setTimeout(120_000);

let world: World;
beforeAll(async () => {
  // The same rules, met sooner.
  world = await startWorld({
    policy: ({ rate_limits: limits }) => {
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
  test('S111 wrong logins from one phone behind a carrier: right passwords and known devices of its address and network pass, and a refusal says how long', async () => {
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
    // Each mistypes once or not at all, and then gets in: right ones do not count.
    for (let n = 0; n < figure(250, 70); n += 1) {
      const copy = browser.copy();
      const { status } = await copy.post(form, { login_id: n % 10 ? 'sato@example.jp' : freshEmail(), password: 'Common-2026' });
      statuses.push(status);
    }
    expect(statuses.filter((status) => status === 429 || status === 503)).toEqual([]);
  });
});

describe('one name for a place', () => {
  test('S117 tries at the owners site from all over one IPv6 /64: they have one count, and the next /64 has its own', async () => {
    const site = await startSite({ trustProxy: true });
    try {
      const database = new DatabaseSync(join(site.directory, 'owners-site.sqlite'));
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

  test('S117 wrong secrets of a client from its own network: the right one passes all the same', async () => {
    const from = world.freshAddress();
    const ask = async (secret?: string) =>
      token(world, { grant_type: 'authorization_code' }, { headers: basic('attack-web', secret), from });
    const statuses: number[] = [];
    for (let n = 0; n < figure(500, 25); n += 1) statuses.push((await ask(`guess-${n}`)).status);
    expect(statuses.slice(20)).toEqual(Array(figure(500, 25) - 20).fill(429));
    const right = await ask();
    expect([right.status, right.body.error]).toEqual([400, 'invalid_request']);
  });
});
