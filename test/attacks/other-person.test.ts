// Attacks by or on a person who migrates with another person's ID or hand-over: design/security.md 87 and
// design/security-2.md S106.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { headingOf, textOf, type Browser } from '../support/http-browser.ts';
import { CALLBACK, startWorld, type World } from './support/attack-world.ts';
import { authorizationUrl, returned, signedIn, signIn } from './support/client.ts';
import { codeFor, freshEmail, PASSWORD, PROFILE } from './support/registration.ts';
import { beginMigration, detailsOf, goOn, migrationOf, redeemAtSite, type Begun } from './support/migration.ts';

// Processes start slowly on a busy machine.
jest.setTimeout(60_000);

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => world?.close());

const QUESTION = 'ご本人の共通IDか、ご確認ください';
const TANAKA = { family_name: '田中', given_name: '太郎', 'family_name#ja-Kana-JP': 'タナカ', 'given_name#ja-Kana-JP': 'タロウ' };
const YAMADA = { name: 'ﾔﾏﾀﾞ ﾕｳｺ', birthdate: '1988-07-21' };

let people = 0;
/** Hands a person over, who declines or links at ⑩ and signs in as the owner of `email`. */
async function arrive(claims: Record<string, unknown>, email: string, browser?: Browser): Promise<Begun & { sub: string }> {
  const sub = `other-${(people += 1)}`;
  const details = { authorization_details: detailsOf('aichi-toyota') };
  const begun = await beginMigration(world, { sub, ...claims }, details, browser);
  if (begun.browser.page.url.includes('/dealer-link')) await begun.browser.submit('/dealer-link', { decision: 'link' });
  if (begun.browser.page.url.includes('/login')) await signIn(begun.browser, email);
  return { ...begun, sub };
}
/** Signs in as another person in this request, who is asked for their own choice at ⑩. */
async function signInInstead(browser: Browser, email: string): Promise<void> {
  await signIn(browser, email);
  if (browser.page.url.includes('/dealer-link')) await browser.submit('/dealer-link', { decision: 'link' });
}
const links = () => world.rows("SELECT 1 FROM dealer_links WHERE dealer = 'aichi-toyota'").length;

test("S106 the site's data differs from the owner of the ID: a plain question, and nothing is written before the answer", async () => {
  const before = links();
  const { browser, sub, pkce } = await arrive({ ...TANAKA, birthdate: '1990-01-01' }, 'yamada@example.jp');
  expect([browser.page.status, headingOf(browser.page)]).toEqual([200, QUESTION]);
  for (const told of ['田中 太郎', '1990年1月1日', '山田 優子', '1988年7月21日', 'yamada@example.jp'])
    expect(textOf(browser.page.text)).toContain(told);
  // Reloaded, skipped, or with another answer: still the question.
  const { url } = browser.page;
  for (const path of ['', '/continue', '/wait']) {
    const answer = await browser.open(`${url}${path}`, CALLBACK);
    expect([path, headingOf(answer), returned(answer).has('code')]).toEqual([path, QUESTION, false]);
  }
  expect(migrationOf(world, sub)).not.toHaveProperty('candidate');
  expect(links()).toBe(before);
  // The ID belongs to the person after all.
  await browser.submit('/same-person', { decision: 'same' });
  expect(browser.page.url).toMatch(/\/finalize$/);
  expect(migrationOf(world, sub)).toHaveProperty('candidate');
  expect(links()).toBe(before + 1);
  expect((await redeemAtSite(world, await goOn(browser), pkce)).id_token).toBeDefined();
  // Final, and not asked again.
  const again = await beginMigration(world, { sub, ...TANAKA }, {}, browser);
  expect(returned(again.browser.page).has('code')).toBe(true);
});

test('S106 one tab answers that the ID is theirs: the answer does not count for another ID that signs in later', async () => {
  const { browser, sub } = await arrive(TANAKA, 'yamada@example.jp');
  const tab = browser.copy();
  await browser.submit('/same-person', { decision: 'other' });
  expect(browser.page.url).toContain('/login');
  // No question whether to continue as the refused person: the login form.
  expect(browser.page.text).not.toContain('/continue-as');
  await signInInstead(browser, 'sato@example.jp');
  expect(headingOf(browser.page)).toBe(QUESTION);
  expect(textOf(browser.page.text)).toContain('佐藤 健');
  // The answer of the first tab comes late, to a question that is over.
  await tab.submit('/same-person', { decision: 'same' }, CALLBACK);
  expect(migrationOf(world, sub)?.candidate).toBeUndefined();
  // After a new sign-in with the first ID, the person is not redirected in a loop.
  await browser.submit('/same-person', { decision: 'other' });
  await signInInstead(browser, 'sato@example.jp');
  await browser.submit('/same-person', { decision: 'same' });
  expect(browser.page.url).toMatch(/\/finalize$/);
  expect(migrationOf(world, sub)).toHaveProperty('candidate');
});

test('S106 answered, gone back and signed in with another ID: asked about that ID too', async () => {
  const { browser, sub } = await arrive(TANAKA, 'yamada@example.jp');
  const before = browser.page;
  await browser.submit('/same-person', { decision: 'same' });
  browser.page = before;
  await browser.submit('/same-person', { decision: 'other' });
  await signInInstead(browser, 'sato@example.jp');
  expect([headingOf(browser.page), textOf(browser.page.text).includes('佐藤 健')]).toEqual([QUESTION, true]);
  const [sato] = world.rows<{ id: string }>(`SELECT id FROM accounts WHERE document ->> 'email' = 'sato@example.jp'`);
  expect(migrationOf(world, sub)?.candidate?.account_id).not.toBe(sato?.id);
});

test('S106 declined: back at the site with access_denied, nothing linked, and the next start works', async () => {
  const { browser, sub } = await arrive(TANAKA, 'yamada@example.jp');
  const before = links();
  const back = await browser.submit('/finalize/cancel', {}, CALLBACK);
  expect([returned(back).get('error'), returned(back).has('code')]).toEqual(['access_denied', false]);
  expect(migrationOf(world, sub)).not.toHaveProperty('candidate');
  expect(links()).toBe(before);
  const next = await beginMigration(world, { sub, ...TANAKA }, {}, browser);
  expect(next.browser.page.status).toBe(200);
  expect(next.browser.page.url).toContain('/interaction/');
});

test('S106 only birth dates differ, or only names: asked, and the page shows no more than the question needs', async () => {
  const born = await arrive({ ...YAMADA, birthdate: '1990-01-01' }, 'yamada@example.jp');
  expect(headingOf(born.browser.page)).toBe(QUESTION);
  expect(textOf(born.browser.page.text)).toContain('1990年1月1日');
  const named = await arrive({ ...TANAKA, birthdate: '1988-07-21' }, 'yamada@example.jp');
  expect(headingOf(named.browser.page)).toBe(QUESTION);
  expect(textOf(named.browser.page.text)).not.toContain('1988年');
});

test('S106 the same person, in another script or with little data: never asked', async () => {
  for (const claims of [
    {},
    YAMADA,
    { name: 'Yamada Yuko' },
    { family_name: '山田' },
    { birthdate: '1988-07-21' },
    { 'name#ja-Kana-JP': 'やまだ　ゆうこ' },
    { name: '山田　優子', birthdate: '1988-07-21' },
  ]) {
    const { browser, sub } = await arrive(claims, 'yamada@example.jp');
    expect([claims, browser.page.url.endsWith('/finalize'), headingOf(browser.page) === QUESTION]).toEqual([claims, true, false]);
    expect(migrationOf(world, sub)).toHaveProperty('candidate');
  }
  // Sato's birth date is unknown.
  expect((await arrive({ name: '佐藤 健', birthdate: '1990-01-01' }, 'sato@example.jp')).browser.page.url).toMatch(/\/finalize$/);
});

test('S106 a person who registers from this hand-over corrects the name: not asked in that browser, but in another one', async () => {
  const claims = { sub: 'corrected', ...TANAKA };
  const { browser } = await beginMigration(world, claims, { prompt: 'create' });
  const email = freshEmail();
  await browser.submit('/create', { terms: 'yes' });
  await browser.submit('/create/email', { email });
  await browser.submit('/create/code', { code: await codeFor(world, email) });
  await browser.submit('/create/profile', { ...PROFILE, family_name: '鈴木', family_name_kana: 'スズキ' });
  await browser.submit('/create/confirm');
  await browser.submit('/create/complete');
  await signIn(browser, email, PASSWORD);
  expect(browser.page.url).toMatch(/\/finalize$/);
  expect(headingOf(browser.page)).not.toBe(QUESTION);
  const elsewhere = await beginMigration(world, claims);
  await signIn(elsewhere.browser, email, PASSWORD);
  expect(headingOf(elsewhere.browser.page)).toBe(QUESTION);
});

test('S106 the site hands over markup as a name: shown as text, also in English', async () => {
  const hostile = { family_name: '<b>x</b>', given_name: '"><script>alert(1)</script>' };
  const begun = await beginMigration(world, { sub: 'hostile', ...hostile }, { ui_locales: 'en' });
  await signIn(begun.browser, 'yamada@example.jp');
  expect(headingOf(begun.browser.page)).toBe('Is this your own common ID?');
  expect(begun.browser.page.text).not.toContain('<script>alert');
  expect(begun.browser.page.text).toContain('&lt;b&gt;x');
});

test("S87 a person lured into another person's migration: links nothing", async () => {
  // The victim is signed in. The attacker has begun a migration of the attacker's own legacy identity and lures the victim into it.
  const { browser: victim } = await signedIn(world);
  const legacyId = `attacker-${crypto.randomUUID()}`;
  const lured = await beginMigration(world, { sub: legacyId }, {}, victim);
  // The session of another person is not used without a question.
  expect(lured.browser.page.url).toContain('/login');
  expect(returned(lured.browser.page).has('code')).toBe(false);
  const page = victim.page.text;
  expect(page).toContain('sato@example.jp');
  await victim.submit('/continue-as', { decision: 'continue' }, CALLBACK);
  const arrived = await goOn(victim);
  expect(returned(arrived).has('code')).toBe(true);
  // The code is in the victim's browser, where the site's session does not know this state: it is not redeemed, and nothing is final.
  expect(migrationOf(world, legacyId)?.account_id).toBeUndefined();
  // Another session's verifier cannot redeem it: a code in the session of another attempt.
  const attackers = await beginMigration(world, { sub: legacyId });
  expect((await redeemAtSite(world, arrived, attackers.pkce)).error).toBe('invalid_grant');
  expect(migrationOf(world, legacyId)?.account_id).toBeUndefined();
  // The attacker continues alone; the identity becomes the attacker's, and the victim's choices are forgotten.
  await signIn(attackers.browser, 'yamada@example.jp');
  const own = await goOn(attackers.browser);
  expect((await redeemAtSite(world, own, attackers.pkce)).id_token).toBeDefined();
  const final = migrationOf(world, legacyId);
  const [yamada] = world.rows<{ id: string }>(`SELECT id FROM accounts WHERE document ->> 'email' = 'yamada@example.jp'`);
  expect(final?.account_id).toBe(yamada?.id);

  // A request can be opened once, in one browser.
  const once = await beginMigration(world, { sub: `once-${crypto.randomUUID()}` });
  const opened = once.browser.page.url;
  const requestUri = new URL(once.url).searchParams.get('request_uri') ?? '';
  const twice = await world
    .browser()
    .open(authorizationUrl(world.issuer, { client_id: 'attack-site', request_uri: requestUri }), CALLBACK);
  await signIn(once.browser);
  await goOn(once.browser);
  expect(returned(twice).has('code')).toBe(false);
  expect((await world.browser().open(opened)).status).toBe(400);
  // Another client's request does not accept it.
  const foreign = await world
    .browser()
    .open(authorizationUrl(world.issuer, { client_id: 'attack-web', request_uri: requestUri }), CALLBACK);
  expect([foreign.status, returned(foreign).has('code')]).toEqual([400, false]);
});
