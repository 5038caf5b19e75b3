// The choice of ⑩: who made it, and how long it counts. design/security-2.md S104.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { headingOf, type Browser } from '../support/http-browser.ts';
import { CALLBACK, startWorld, type World } from './support/attack-world.ts';
import { begin, signIn } from './support/client.ts';
import { conflicts, holdAt, HOLDING, type Press } from './support/conflicts.ts';
import { beginAsLegacyUser } from './support/legacy-user.ts';
import { PROFILE, registerUpTo } from './support/registration.ts';

jest.setTimeout(180_000);

const SATO = 'sato@example.jp';
const YAMADA = 'yamada@example.jp';
const DEALER = 'aichi-toyota';
const ASKED_AGAIN = '前回は、この販売店との連携をお選びになりました';

let world: World;
let people = 0;
beforeAll(async () => {
  world = await startWorld(HOLDING);
});
afterAll(async () => world?.close());

const newLegacyId = (): string => `chooser-${(people += 1)}`;

/** Opens a request of the legacy site, which asks for a link with its dealer. */
async function start(legacyId: string, browser: Browser = world.browser(), dealer = DEALER): Promise<Browser> {
  const details = JSON.stringify([{ type: 'dealer_link', dealer }]);
  await beginAsLegacyUser(world, { legacyId }, browser, { authorization_details: details });
  return browser;
}

const press = async (browser: Browser, decision: 'link' | 'skip') => browser.submit('/dealer-link', { decision }, CALLBACK);
const isAtChoice = ({ page }: Browser): boolean => page.url.endsWith('/dealer-link');
const linksOf = (email: string, dealer = DEALER): unknown[] =>
  world.rows(
    `SELECT 1 FROM dealer_links WHERE document ->> 'dealer' = ? AND account_id = (SELECT id FROM accounts WHERE document ->> 'email' = ?)`,
    dealer,
    email,
  );
/** Returns every stored copy of a choice. */
const kept = (legacyId: string): string[] =>
  world
    .rows<{ document: string }>(
      `SELECT document FROM expiring_documents WHERE kind LIKE '%facts%' AND id LIKE ?`,
      `%:${legacyId}:%`,
    )
    .filter(({ document }) => document.includes('dealer_choice'))
    .map(({ document }) => document);

for (const cancel of ['/login/cancel', '/dealer-link/cancel'] as const) {
  test(`S104 連携する, and then ${cancel}: the choice is forgotten; the next start asks as if for the first time, and links nothing`, async () => {
    const legacyId = newLegacyId();
    const browser = await start(legacyId);
    expect(isAtChoice(browser)).toBe(true);
    await press(browser, 'link');
    expect(kept(legacyId)).toHaveLength(1);
    if (cancel === '/dealer-link/cancel') {
      await start(legacyId, browser);
      expect(browser.page.text).toContain(ASKED_AGAIN);
    }
    const cancelled = await browser.submit(cancel, {}, CALLBACK);
    expect(cancelled.location).toContain('error=access_denied');
    expect(kept(legacyId)).toEqual([]);
    // Another person signs in in the same browser.
    await start(legacyId, browser);
    expect(isAtChoice(browser)).toBe(true);
    expect(browser.page.text).not.toContain(ASKED_AGAIN);
    await press(browser, 'skip');
    await signIn(browser, YAMADA);
    expect(linksOf(YAMADA)).toEqual([]);
  });
}

test('S104 連携する, and the browser closed: shown again in the next request, and carried out only by a press of the button', async () => {
  const legacyId = newLegacyId();
  const browser = await start(legacyId);
  await press(browser, 'link');
  expect(browser.page.url).toMatch(/\/login$/);
  await start(legacyId, browser);
  expect(isAtChoice(browser)).toBe(true);
  expect(browser.page.text).toContain(ASKED_AGAIN);
  // The login page of the earlier request does not appear, and opening other pages links nothing.
  for (const step of ['login', 'finalize', 'finalize/continue', 'finalize/wait']) {
    await browser.open(browser.page.url.replace(/\/dealer-link$/, `/${step}`));
    expect(isAtChoice(browser)).toBe(true);
  }
  expect(linksOf(SATO)).toEqual([]);
  await press(browser, 'link');
  await signIn(browser, SATO);
  expect(headingOf(browser.page)).toContain('販売店連携情報');
  expect(linksOf(SATO)).toHaveLength(1);
});

test('S104 a form with neither 連携する nor 連携せずに進む: the page again, and nothing is chosen', async () => {
  const legacyId = newLegacyId();
  const browser = await start(legacyId);
  for (const decision of ['', 'LINK', 'yes', 'allow']) {
    await browser.submit('/dealer-link', { decision }, CALLBACK);
    expect([isAtChoice(browser), kept(legacyId)]).toEqual([true, []]);
  }
});

test('S104 連携せずに進む, and the browser closed: shown again, and not carried out silently', async () => {
  const legacyId = newLegacyId();
  const browser = await start(legacyId);
  await press(browser, 'skip');
  await start(legacyId, browser);
  expect(isAtChoice(browser)).toBe(true);
  expect(browser.page.text).toContain('前回は「連携せずに進む」をお選びになりました');
});

test('S104 連携する, then one person continues in one tab and another signs in in the other: the second one is asked', async () => {
  const legacyId = newLegacyId();
  const { browser } = await begin(world, 'attack-web');
  await signIn(browser, SATO);
  await start(legacyId, browser, 'osaka-toyota');
  await press(browser, 'link');
  // 「このIDで続ける」 without waiting for its answer, and ほかの人.
  await browser.copy().post('/login/continue-as', { decision: 'continue' });
  await browser.open(`${browser.page.url}?other`);
  await signIn(browser, YAMADA);
  expect(isAtChoice(browser)).toBe(true);
  expect(browser.page.text).not.toContain(ASKED_AGAIN);
  await press(browser, 'skip');
  expect(linksOf(YAMADA, 'osaka-toyota')).toEqual([]);
});

test('S104 連携する and cancel at the same moment, in every order of their writes: a cancelled choice is not stored', async () => {
  const { wrong, orders, held } = await conflicts(world, async () => {
    const legacyId = newLegacyId();
    const browser = await start(legacyId);
    await press(browser, 'link');
    await start(legacyId, browser);
    const link: Press = async (headers = {}) => browser.copy().post('/dealer-link', { decision: 'link' }, { headers });
    const cancel: Press = async (headers = {}) => browser.copy().post('/dealer-link/cancel', {}, { headers });
    return { presses: [link, cancel], outcome: async () => kept(legacyId).length };
  });
  expect({ wrong, orders }).toEqual({ wrong: [], orders: [0, 0] });
  expect(held).toBeGreaterThan(3);
});

test('S108 the consent page of a third party’s client: names only the dealers that were linked in its own flow', async () => {
  const NAMES = { own: '大阪トヨタ', ours: '愛知トヨタ' };
  const browser = await start(newLegacyId());
  await press(browser, 'link');
  await signIn(browser, SATO);
  expect(linksOf(SATO)).toHaveLength(1);
  const { page } = await begin(world, 'attack-third', { scope: 'openid dealer_link' }, browser);
  expect(page.url).toMatch(/\/consent$/);
  expect(page.text).not.toContain(NAMES.ours);
  const details = JSON.stringify([{ type: 'dealer_link', dealer: 'osaka-toyota' }]);
  await begin(world, 'attack-third', { scope: 'openid dealer_link', authorization_details: details }, browser);
  expect(isAtChoice(browser)).toBe(true);
  await press(browser, 'link');
  await browser.open(`${browser.page.url.replace(/\/finalize$/, '')}/finalize/continue`, CALLBACK);
  expect(browser.page.url).toMatch(/\/consent$/);
  expect([browser.page.text.includes(NAMES.own), browser.page.text.includes(NAMES.ours)]).toEqual([true, false]);
});

describe('a button is pressed again while the program resumes the request after the first press', () => {
  /** Holds the first press before its n-th write, and presses again. @returns where the second press led, and whether that write exists */
  async function pressWhileResuming(browser: Browser, form: string, fields: Record<string, string>, n: number) {
    const copy = browser.copy();
    copy.page = browser.page;
    const { location = '' } = await browser.post(form, fields);
    const resume: Press = async (headers = {}) => copy.send(location, { headers });
    const first = await holdAt(world.directory, resume, n, 'every');
    const second = browser.submit(form, fields, CALLBACK);
    // If the second press comes later than this, it runs after the first one, and the test proves less.
    await sleep(100);
    await first.release();
    await second;
    return { led: browser.page.location ?? browser.page.url, isHeld: first.isHeld };
  }

  test.each([
    { name: '⑩', form: '/dealer-link', fields: { decision: 'skip' }, leadsTo: /\/login$/ },
    {
      name: 'the login',
      form: '/login',
      fields: { login_id: SATO, password: 'Common-2026' },
      leadsTo: /\/(required-profile|finalize)$/,
    },
  ])('S132 $name, held before each write in turn: the second press leads to the next page', async ({ form, fields, leadsTo }) => {
    let held = 0;
    for (let n = 1, isHeld = true; isHeld; n += 1) {
      const browser = await start(newLegacyId());
      if (form === '/login') await press(browser, 'skip');
      const pressed = await pressWhileResuming(browser, form, fields, n);
      expect([n, pressed.led]).toEqual([n, expect.stringMatching(leadsTo)]);
      isHeld = pressed.isHeld;
      held += isHeld ? 1 : 0;
    }
    expect(held).toBeGreaterThan(2);
  });
});

const resumeCookieOf = (cookies: Map<string, string>): string =>
  [...cookies.keys()].find((name) => name.endsWith('resume')) ?? '';

test.each([
  {
    what: 'after the next page came, with the cookie of the first time',
    spoil: async (browser: Browser, location: string) => browser.copy().open(location),
    leadsTo: /\/login$/,
  },
  {
    what: 'without the cookie by which oidc-provider resumes',
    spoil: async ({ cookies }: Browser) => cookies.delete(resumeCookieOf(cookies)),
    leadsTo: /\/dealer-link$/,
  },
])('S132 the redirect after a press is opened $what: it leads to the current page', async ({ spoil, leadsTo }) => {
  const browser = await start(newLegacyId());
  const { location = '' } = await browser.post('/dealer-link', { decision: 'skip' });
  expect(resumeCookieOf(browser.cookies)).not.toBe('');
  await spoil(browser, location);
  await browser.open(location);
  expect([browser.page.status, browser.page.url]).toEqual([200, expect.stringMatching(leadsTo)]);
});

test('⑦ without contact data: refused in a flow that asks for a dealer link, with everything typed kept; accepted in another flow', async () => {
  const withoutContact: Record<string, string> = {
    ...PROFILE,
    phone_number: '',
    postal_code: '',
    region: '',
    locality: '',
    street_address: '',
  };
  const params = {
    scope: 'openid dealer_link',
    authorization_details: JSON.stringify([{ type: 'dealer_link', dealer: DEALER }]),
  };
  const { browser, path } = await registerUpTo(world, 'profile', { params });
  for (const missing of [
    withoutContact,
    { ...PROFILE, phone_number: '' },
    { ...withoutContact, phone_number: '090-1234-5678' },
  ]) {
    await browser.submit('/create/profile', missing);
    expect([browser.page.status, new URL(browser.page.url).pathname]).toEqual([422, path('profile')]);
    expect(browser.page.text.includes('電話番号を入力してください')).toBe(missing.phone_number === '');
    expect(browser.page.text.includes('市区町村名を入力してください')).toBe(missing.locality === '');
    expect(browser.form('/create/profile').fields).toMatchObject({ family_name: PROFILE.family_name });
  }
  await browser.submit('/create/profile', PROFILE);
  expect(browser.page.url).toMatch(/\/create\/confirm$/);

  await registerUpTo(world, 'confirm', { profile: withoutContact });
});
