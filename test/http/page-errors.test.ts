// The table of page errors: each has its texts, and each occurs in a running app.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '../../src/apps/owners-site/database.ts';
import { createTries, MAIL_FROM_ADDRESS } from '../../src/apps/owners-site/tries.ts';
import { PAGE_ERRORS, PageError, type PageErrorCode } from '../../src/http/page-error.ts';
import { LANGUAGES } from '../../src/language.ts';
import { createTranslator } from '../../src/http/translator.ts';
import { startSite, type TestSite } from '../apps/owners-site/start-site.ts';
import { startWorld, type World } from '../attacks/support/attack-world.ts';
import {
  authorizationUrl,
  begin,
  createBrowser,
  makePkce,
  parseJson,
  push,
  requestParams,
  signIn,
} from '../attacks/support/client.ts';
import { headingOf, sendRaw, textOf, type Answer, type Browser } from '../support/http-browser.ts';

jest.setTimeout(60_000);

const LOCALES = fileURLToPath(new URL('../../config/locales', import.meta.url));
const APPS = [
  'common-id',
  'owners-site',
  'maintenance-notebook',
  'dealer-system',
  'mailbox',
  'demo-clients',
  'operations-console',
];
const WORDS = ['title', 'text', 'action'];
const OF_THE_PROVIDER: PageErrorCode[] = ['invalid_request', 'invalid_client', 'invalid_redirect_uri', 'invalid_request_uri'];
const CODES: readonly string[] = Object.keys(PAGE_ERRORS);

let world: World;
let site: TestSite;
beforeAll(async () => {
  [world, site] = await Promise.all([
    startWorld({
      policy: (policy) => {
        policy.rate_limits.login.failures_per_account = 3;
        policy.password_hash.per_minute.account = 3;
      },
    }),
    startSite(),
  ]);
});
afterAll(async () => Promise.all([world.close(), site.close()]));

/** How a person meets each error. The last one damages the database. */
const MEET: Record<PageErrorCode, () => Promise<Answer>> = {
  not_found: async () => world.request('/nowhere'),
  method_not_allowed: async () => world.request('/password/forgotten', { method: 'DELETE' }),
  form_unreadable: async () => world.request('/password/forgotten', { method: 'POST', body: '{}' }),
  csrf: async () =>
    world.request('/password/forgotten', { method: 'POST', body: new URLSearchParams({ email: 'a@example.jp' }) }),
  too_many_requests: async () => signInUntil(429, 'wrong-Password-1'),
  // Before its hashes are used up.
  id_disabled: async () => {
    world.change(
      `UPDATE accounts SET document = json_set(document, '$.disabled_at', 1, '$.disabled_by', 'operator')
       WHERE document ->> 'email' = 'yamada@example.jp'`,
    );
    return signInUntil(403, 'Common-2026');
  },
  busy: async () => signInUntil(503, 'Common-2026'),
  rate_limited: async () => {
    const database = openDatabase(join(site.directory, 'owners-site.sqlite'));
    const tries = createTries(database, Date.now);
    for (let asked = 0; asked <= MAIL_FROM_ADDRESS.free; asked += 1) tries.count(MAIL_FROM_ADDRESS, '127.0.0.1');
    database.close();
    const browser = createBrowser();
    await browser.open(`${site.origin}/forgotten-id`);
    return browser.submit('/forgotten-id', { email: 'tanaka@example.jp' });
  },
  unavailable: async () => {
    const browser = createBrowser();
    await browser.open(`${site.origin}/login`);
    await browser.submit('/login', { user_id: 'tanaka', password: 'owners-2026' });
    // Nobody listens at the address of the common ID.
    await browser.open(`${site.origin}/migration`);
    return browser.submit('/migration');
  },
  interaction_expired: async () => world.request('/interaction/unknown/login'),
  client_unknown: async () => {
    const { browser, page } = await begin(world, 'attack-third');
    world.change(`UPDATE artifacts SET payload = replace(payload, 'attack-third', 'removed') WHERE model = 'Interaction'`);
    return browser.open(page.url);
  },
  invalid_request: async () => world.request('/auth'),
  invalid_client: async () => world.request('/auth?client_id=nobody'),
  invalid_redirect_uri: async () =>
    ask(requestParams('attack-web', makePkce(), { redirect_uri: 'http://127.0.0.1:9/elsewhere' })),
  invalid_request_uri: async () => ask({ client_id: 'attack-site', request_uri: 'urn:ietf:params:oauth:request_uri:none' }),
  undo_dead: async () => world.request('/account/email/undo?token=a.b'),
  lost_mailbox_dead: async () => world.request('/lost-mailbox/stop?token=a.b'),
  migration_undo_dead: async () => world.request('/account/migration/undo?token=a'),
  unsubscribe_dead: async () => world.request('/unsubscribe?token=a'),
  sign_in_report_dead: async () => world.request('/account/sign-in/report?token=a'),
  removal_dead: async () => world.request('/account/second-factor/stop?token=a.b'),
  opened_elsewhere: async () => {
    const url = await pushed();
    await world.browser().open(url);
    return world.browser().open(url);
  },
  cookies_off: async () => world.request(`${(await pushed()).slice(world.issuer.length)}&browser=new`),
  unexpected: async () => {
    world.change('ALTER TABLE accounts RENAME TO gone');
    return sendRaw(`${world.issuer}/account/email/undo?token=a.b`);
  },
};

async function ask(params: Record<string, string>): Promise<Answer> {
  return sendRaw(authorizationUrl(world.issuer, params), { from: world.freshAddress() });
}

async function pushed(): Promise<string> {
  const { text } = await push(world, requestParams('attack-site', makePkce()));
  return authorizationUrl(world.issuer, { client_id: 'attack-site', request_uri: String(parseJson(text).request_uri) });
}

/** Fails to sign in repeatedly, each time in a new browser. */
async function signInUntil(status: number, password: string): Promise<Answer> {
  for (let tried = 0; ; tried += 1) {
    const { browser }: { browser: Browser } = await begin(world, 'attack-web');
    const answer = await signIn(browser, status === 429 ? 'sato@example.jp' : 'yamada@example.jp', password);
    if (answer.status === status || tried === 9) return answer;
  }
}

/** Lists the texts that a code lacks, and the texts without a code. */
function complaints(codes: readonly string[]): string[] {
  return LANGUAGES.flatMap((language) => {
    const file = `config/locales/${language}/common.json`;
    const { errors } = JSON.parse(readFileSync(join(LOCALES, language, 'common.json'), 'utf8')) as { errors: object };
    const missing = APPS.flatMap((app) => {
      const t = createTranslator(LOCALES, ['common', app]).in(language);
      const keys = codes.flatMap((code) => WORDS.map((word) => `errors.${code}.${word}`));
      return keys.filter((key) => t(key) === key).map((key) => `add "${key}" to ${file}: a page of ${app} can show it`);
    });
    const idle = Object.keys(errors).filter((code) => !codes.includes(code));
    return [
      ...missing,
      ...idle.map((code) => `remove "errors.${code}" from ${file}, or add "${code}" to src/http/page-error.ts`),
    ];
  });
}

test('every error has its texts in every language and app, and there are no other texts', () => {
  expect(complaints(CODES)).toEqual([]);
});

test('a new error gets a sentence that says which texts to add, and where', () => {
  const told = complaints([...CODES.filter((code) => code !== 'csrf'), 'car_sold']);
  expect(told).toHaveLength(2 * (APPS.length * WORDS.length + 1));
  expect(told).toContain('add "errors.car_sold.title" to config/locales/en/common.json: a page of mailbox can show it');
  expect(told).toContain('remove "errors.csrf" from config/locales/ja/common.json, or add "csrf" to src/http/page-error.ts');
});

test('a test causes every error', () => {
  const unmet = CODES.filter((code) => !Object.hasOwn(MEET, code));
  const say = (code: string): string =>
    `add to MEET in test/http/page-errors.test.ts how a person meets "${code}", or remove it from src/http/page-error.ts`;
  expect(unmet.map(say)).toEqual([]);
});

test.each(Object.entries(MEET) as [PageErrorCode, () => Promise<Answer>][])('a person can meet %s', async (code, meet) => {
  const t = createTranslator(LOCALES, ['common', 'common-id']).in('ja');
  const answer = await meet();
  expect(headingOf(answer)).toBe(t(`errors.${code}.title`));
  expect(textOf(answer.text)).toContain(t(`errors.${code}.text`));
  // Some titles are the same. The page of an oidc-provider error contains its code.
  expect(answer.text.includes(`${code}: `)).toBe(OF_THE_PROVIDER.includes(code));
  expect(PAGE_ERRORS[code].status).toContain(answer.status);
  expect(answer.headers['retry-after'] !== undefined).toBe('wait' in PAGE_ERRORS[code]);
});

test('an unknown error, or one without a required waiting time, does not compile', () => {
  // @ts-expect-error: no such error
  expect(() => new PageError('misspelt')).toThrow(TypeError);
  // @ts-expect-error: it must say how long to wait
  expect(new PageError('too_many_requests').status).toBe(429);
  // @ts-expect-error: not one of its statuses
  expect(new PageError('csrf', { status: 404 }).code).toBe('csrf');
});
