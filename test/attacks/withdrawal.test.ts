// Attacks on the withdrawal of an ID (退会), and on its erasure. design/account.md, chapter 5.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { MyData } from '../../src/account/my-data/my-data.ts';
import type { Account } from '../../src/domain/account.ts';
import { headingOf, mainOf, type Browser } from '../support/http-browser.ts';
import { untilTrue } from '../support/until-true.ts';
import { CALLBACK, DEMO_PASSWORD, startWorld, type World } from './support/attack-world.ts';
import { assertion, basic, begin, parseJson, redeem, returned, signedIn, signIn, token } from './support/client.ts';
import { beginMigration, dealerRecords, detailsOf, goOn, migrationOf, redeemAtSite } from './support/migration.ts';
import { e164, freshNumber, switchNumberOn } from './support/mobile-number.ts';
import { addPasskey } from './support/passkeys.ts';
import { codeFor, PASSWORD, PROFILE, registerUpTo } from './support/registration.ts';

jest.setTimeout(60_000);

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const DEALER = 'aichi-toyota';
/** What a person types or hands over, different for each, so that a search finds what is theirs. */
const NAMES = [
  ['綾小路', 'アヤノコウジ'],
  ['伊集院', 'イジュウイン'],
  ['勅使河原', 'テシガワラ'],
] as const;
const ASKS_AGAIN = 'パスワードの確認';

let world: World;
let ahead = 0;
/** Made before the clock moves, because the assertions of `attack-site` have the time of this process. */
const people: Person[] = [];
beforeAll(async () => {
  world = await startWorld();
  for (let n = 0; n < 3; n++) people.push(await newPerson(n));
});
afterAll(async () => world?.close());

const advance = async (milliseconds: number): Promise<void> => {
  ahead += milliseconds;
  await world.advance(milliseconds);
};

const accountOf = (email: string): Account | undefined =>
  world
    .rows<{ document: string }>('SELECT document FROM accounts')
    .map(({ document }) => JSON.parse(document) as Account)
    .find(({ email_canonical: canonical }) => canonical === email);

const eventsOf = (subject: string): string[] =>
  world
    .rows<{ type: string }>('SELECT type FROM ledger_entries WHERE subject = ? ORDER BY place', subject)
    .map(({ type }) => type);

/** Waits until no job is due or running. */
const settle = async (): Promise<void> => {
  const unfinished = "SELECT key FROM jobs WHERE state = 'waiting' AND (run_at <= ? OR lease IS NOT NULL)";
  const due = () => world.rows<{ key: string }>(unfinished, Date.now() + ahead);
  await untilTrue('all due jobs end', async () => due().length === 0, { tell: due });
};

/** A new ID with everything that an ID can have: sessions, a refresh token, a dealer link and a finished migration. */
async function newPerson(n: number) {
  const [family_name, family_name_kana] = NAMES[n] ?? ['', ''];
  const given = { family_name, family_name_kana, phone_number: `080-8765-430${n}`, building: `花鳥ビル${n}` };
  const handed = { vin: `WDR00-000123${n}`, customerNumber: `WD-471${n}` };
  const number = freshNumber();
  const { browser, email } = await registerUpTo(world, 'complete', { profile: { ...PROFILE, ...given } });
  const legacyId = `legacy of ${email}`;
  const handedOver = {
    sub: legacyId,
    dealer: { code: DEALER, customer_number: handed.customerNumber },
    vehicles: [{ vin: handed.vin }],
  };
  const begun = await beginMigration(world, handedOver, { authorization_details: detailsOf(DEALER) }, browser);
  await browser.submit('/dealer-link', { decision: 'link' });
  if (browser.page.text.includes('/continue-as')) await browser.submit('/continue-as', { decision: 'continue' });
  if (browser.page.url.includes('/login')) await signIn(browser, email, PASSWORD);
  const site = await redeemAtSite(world, await goOn(browser), begun.pkce);
  const { code, pkce } = await signedIn(world, { scope: 'openid email offline_access' }, { email, browser });
  const { body } = await redeem(world, code, pkce);
  await browser.open(`${world.issuer}/account`);
  await browser.submit('/passkeys/offer', { until: 'never' });
  await addPasskey(world.issuer, browser);
  await switchNumberOn(world, email, number, { browser, password: PASSWORD });
  await settle();
  const { id } = accountOf(email) ?? { id: '' };
  const { sub } = decodeJwt(String(body.id_token));
  return { browser, email, id, legacyId, sub, site, tokens: body, ...handed, typed: { ...given, number } };
}
type Person = Awaited<ReturnType<typeof newPerson>>;

function nextPerson(): Person {
  const person = people.pop();
  if (!person) throw new Error('more people are needed');
  return person;
}

/** Withdraws the ID at マイページ. */
async function withdraw({ browser, email }: Pick<Person, 'browser' | 'email'>): Promise<void> {
  await browser.open(`${world.issuer}/account/withdrawal`);
  if (browser.page.url.includes('/login')) await browser.submit('/login', { login_id: email, password: PASSWORD });
  await browser.submit('/account/withdrawal');
  if (headingOf(browser.page) === ASKS_AGAIN) await browser.submit('/account/withdrawal', { password_again: PASSWORD });
  expect(headingOf(browser.page)).toBe('退会の手続きが完了しました');
}

const userInfo = async ({ access_token: accessToken }: Record<string, unknown>): Promise<number> =>
  (await world.request('/me', { headers: { Authorization: `Bearer ${String(accessToken)}` } })).status;
const refresh = async ({ refresh_token: refreshToken }: Record<string, unknown>): Promise<number> =>
  (await token(world, { grant_type: 'refresh_token', refresh_token: String(refreshToken) }, { headers: basic('attack-web') }))
    .status;
const linkOf = ({ id }: Person): string =>
  world.rows<{ id: string }>('SELECT id FROM dealer_links WHERE account_id = ?', id)[0]?.id ?? '';

async function migrationState({ legacyId }: Person): Promise<Record<string, unknown>> {
  const credentials = { grant_type: 'client_credentials', scope: 'migration:read' };
  const { body } = await token(world, { ...credentials, ...(await assertion('attack-site', world.siteKey, world.issuer)) });
  const headers = { Authorization: `Bearer ${String(body.access_token)}` };
  return parseJson((await world.request(`/migrations/${encodeURIComponent(legacyId)}`, { headers })).text);
}

test('S153 a withdrawn ID is used on: sessions, tokens, services, dealer and migration have ended, and everybody concerned is told', async () => {
  const person = nextPerson();
  const { browser, email, id } = person;
  const link = linkOf(person);
  expect([await userInfo(person.tokens), await userInfo(person.site)]).toEqual([200, 200]);
  expect(dealerRecords(world, DEALER).get(link)).toMatchObject({
    status: 'active',
    number: person.customerNumber,
    vins: [person.vin],
  });
  expect(await migrationState(person)).toMatchObject({ state: 'completed' });

  // The copy of the data has the texts that were agreed to, in the words of that day.
  const data = parseJson((await browser.send(`${world.issuer}/account/my-data/file`)).text) as MyData;
  expect(data.dealer_links[0]?.consents[0]?.text.text).toContain('愛知トヨタ');
  expect(data.agreements[0]?.text.text).toContain('第1条');
  expect(data.migrations).toMatchObject([
    { legacy_id: person.legacyId, vehicles: [{ vin: person.vin }], campaign: { steps: { completed: expect.any(String) } } },
  ]);

  await withdraw(person);
  await settle();
  expect([await userInfo(person.tokens), await userInfo(person.site), await refresh(person.tokens)]).toEqual([401, 401, 400]);
  await browser.open(`${world.issuer}/account`);
  expect(browser.page.url).toContain('/login');
  expect(dealerRecords(world, DEALER).get(link)).toMatchObject({ status: 'withdrawn', number: null, vins: [] });
  expect(await migrationState(person)).toMatchObject({ state: 'withdrawn' });
  expect(migrationOf(world, person.legacyId)).toMatchObject({ vehicles: [] });
  expect(world.rows("SELECT 1 FROM artifacts WHERE account_id = ? AND model IN ('Session', 'Grant')", id)).toEqual([]);
  expect((await world.mail(email, 1)).subject).toContain('退会の手続きが完了しました');
  expect(eventsOf(id)).toContain('account.withdrawn');
  // A second withdrawal, by another way in, is not a second event.
  expect(eventsOf(id).filter((type) => type === 'account.withdrawn')).toHaveLength(1);
});

test('S154 a stranger at an open browser withdraws the ID: the password is asked for, and a wrong one changes nothing', async () => {
  const email = 'sato@example.jp';
  const { browser } = await signedIn(world, {}, { email });
  await advance(6 * MINUTE_MS);
  await browser.open(`${world.issuer}/account/withdrawal`);
  await browser.submit('/account/withdrawal');
  expect(headingOf(browser.page)).toBe(ASKS_AGAIN);
  await browser.submit('/account/withdrawal', { password_again: 'Falsch-123' });
  expect(headingOf(browser.page)).toBe(ASKS_AGAIN);
  expect(accountOf(email)?.withdrawal).toBeUndefined();
  // Nor does a page of another site do it.
  const foreign = await browser.send(`${world.issuer}/account/withdrawal`, {
    method: 'POST',
    body: new URLSearchParams({ password_again: DEMO_PASSWORD }),
    headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
  });
  expect(foreign.status).toBe(403);
  expect(accountOf(email)?.withdrawal).toBeUndefined();
  await browser.open(`${world.issuer}/account/withdrawal`);
  await browser.submit('/account/withdrawal');
  await browser.submit('/account/withdrawal', { password_again: DEMO_PASSWORD });
  expect(accountOf(email)?.withdrawal).toBeDefined();
});

test('S155 a thief withdraws the ID: its owner signs in, takes it back, and nothing that had ended comes back by itself', async () => {
  const person = nextPerson();
  const { email, id } = person;
  await withdraw(person);
  await settle();
  await advance(13 * DAY_MS);
  const { browser, page } = await begin(world, 'attack-web', { scope: 'openid email' });
  expect(page.url).toContain('/login');
  const silent = await begin(world, 'attack-web', { prompt: 'none' }, person.browser);
  expect(returned(silent.page).get('error')).toBe('login_required');
  await signIn(browser, email, PASSWORD);
  expect(headingOf(browser.page)).toBe('退会の取り消し');
  expect(mainOf(browser.page)).toContain(email);
  // Signed in, but the ID cannot be used before the person has answered.
  await browser.open(`${world.issuer}/account`);
  expect(headingOf(browser.page)).toBe('退会の取り消し');
  const unanswered = await begin(world, 'attack-web', { prompt: 'none' }, browser);
  expect(returned(unanswered.page).get('error')).toBe('interaction_required');
  await begin(world, 'attack-web', { scope: 'openid email' }, browser);
  const answer = await browser.submit('/withdrawal', {}, CALLBACK);
  const code = returned(answer).get('code');
  expect(code).not.toBeNull();
  expect(accountOf(email)?.withdrawal).toBeUndefined();
  await settle();
  expect((await world.mails(email)).map(({ subject }) => subject).join()).toContain('退会を取り消しました');
  expect(await refresh(person.tokens)).toBe(400);
  expect(dealerRecords(world, DEALER).get(linkOf(person))).toMatchObject({ status: 'withdrawn' });
  // The day of the erasure passes.
  await advance(2 * DAY_MS);
  await settle();
  expect(accountOf(email)).toBeDefined();
  expect(eventsOf(id)).not.toContain('account.erased');
});

test('S155 the owner signs in at once, and the rest of the withdrawal is done while they read: they take it back without another sign-in', async () => {
  const [before, browser] = [world.browser(), world.browser()];
  const open = async (one: Browser): Promise<void> => {
    await one.open(`${world.issuer}/account`);
    await signIn(one, 'yamada@example.jp');
  };
  await open(before);
  await before.open(`${world.issuer}/account/withdrawal`);
  await before.submit('/account/withdrawal');
  expect(headingOf(before.page)).toBe('退会の手続きが完了しました');
  await open(browser);
  expect(headingOf(browser.page)).toBe('退会の取り消し');
  await advance(2 * 60_000);
  await settle();
  await browser.submit('/withdrawal');
  expect(headingOf(browser.page)).toBe('マイページ');
  expect(accountOf('yamada@example.jp')?.withdrawal).toBeUndefined();
});

/** Every row of every table that has not expired, as JSON. The site's own identifier of the person, in which the address is here, is left out. */
function standingRows({ legacyId }: Person): string[] {
  return (
    world
      .rows<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .flatMap(({ name }) => world.rows(`SELECT * FROM ${name}`))
      // The sweep removes expired records within a minute.
      .filter(({ expires_at: end }) => typeof end !== 'number' || end > Date.now() + ahead)
      .map((row) => JSON.stringify(row).replaceAll(legacyId, ''))
  );
}

/** What the person typed or had handed over, as it was typed and as it is stored. */
function typedBy({ email, vin, customerNumber, typed: { number, ...profile } }: Person): string[] {
  const numbers = [profile.phone_number, number].flatMap((each) => [each, e164(each), each.replaceAll('-', '')]);
  return [email, vin, customerNumber, ...Object.values(profile), ...numbers];
}

test('S156 the database is searched after the erasure: nothing that was typed is in it, and the address gets a new ID with a new subject', async () => {
  const person = nextPerson();
  const { email, id, sub } = person;
  const link = linkOf(person);
  const before = standingRows(person);
  expect(typedBy(person).filter((value) => before.some((row) => row.includes(value)))).toEqual(
    expect.arrayContaining([email, person.vin, person.customerNumber, e164(person.typed.number), person.typed.family_name]),
  );
  await withdraw(person);
  await settle();
  await advance(15 * DAY_MS);
  await settle();
  expect(accountOf(email)).toBeUndefined();
  expect(eventsOf(id)).toEqual(expect.arrayContaining(['account.withdrawn', 'account.erasure_began', 'account.erased']));
  expect(eventsOf(link)).toContain('dealer_link.erased');
  const rows = standingRows(person);
  for (const value of typedBy(person)) expect([value, rows.filter((row) => row.includes(value))]).toEqual([value, []]);
  expect(rows.filter((row) => row.includes('passkey_o') && row.includes(id))).toEqual([]);
  // The site's own identifier stays in its migration.
  expect(migrationOf(world, person.legacyId)).toEqual({
    ...migrationOf(world, person.legacyId),
    vehicles: [],
    account_id: undefined,
    dealer: { code: DEALER },
  });
  expect(world.rows('SELECT 1 FROM identifiers WHERE key = ?', `email:${email}`)).toEqual([]);
  // The consent is kept, encrypted.
  const [kept] = world.rows<{ document: string; expires_at: number }>(
    "SELECT document, expires_at FROM expiring_documents WHERE kind = 'kept_consent' AND id = ?",
    link,
  );
  expect(kept?.document).not.toMatch(/consent_|share|aichi/);
  expect(kept?.expires_at).toBeGreaterThan(Date.now() + 9 * 365 * DAY_MS);
  expect((await world.mail(email, 1)).subject).toContain('削除しました');
  // Signing in fails as with an unknown ID; the address is free.
  const { browser } = await begin(world, 'attack-web');
  await signIn(browser, email, PASSWORD);
  expect(mainOf(browser.page)).toContain('IDまたはパスワードが違います');
  const mails = (await world.mails(email)).length;
  const registered = await registerUpTo(world, 'code', { email });
  await registered.browser.submit('/create/code', { code: await codeFor(world, email, mails + 1) });
  await registered.browser.submit('/create/profile', PROFILE);
  await registered.browser.submit('/create/confirm');
  const again = await begin(world, 'attack-web', {}, registered.browser);
  const answer = await signIn(again.browser, email, PASSWORD);
  const { body } = await redeem(world, returned(answer).get('code') ?? '', again.pkce);
  expect(decodeJwt(String(body.id_token)).sub).not.toBe(sub);
  expect(accountOf(email)?.id).not.toBe(id);
  // Nor is the earlier ID in the bytes of the file, once the log is in it.
  await settle();
  for (const node of world.nodes) await node.stop();
  world.change('PRAGMA wal_checkpoint (TRUNCATE)');
  expect((await world.databaseBytes()).includes(`"id":"${id}"`)).toBe(false);
});
