// Attacks on the end of a migration: what dealers learn and when, who can undo it, and how a client recognises a link.
// design/security-2.md S105, S107, S108.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { headingOf, type Answer, type Browser } from '../support/http-browser.ts';
import { CALLBACK, startWorld, type World } from './support/attack-world.ts';
import { begin, parseJson, redeem, returned, signedIn, signIn } from './support/client.ts';
import { codeFor, freshEmail, PASSWORD, PROFILE } from './support/registration.ts';
import {
  beginMigration,
  dealerRecords,
  detailsOf,
  goOn,
  migrationOf,
  redeemAtSite,
  settle,
  type Begun,
  type Told,
} from './support/migration.ts';

// Processes start and mails travel slowly on a busy machine.
jest.setTimeout(60_000);

let world: World;
const service = {
  token_endpoint_auth_method: 'client_secret_basic',
  client_secret: { $env: 'ATTACK_WEB_SECRET' },
  redirect_uris: [CALLBACK],
  scope: 'openid service_history dealer_link offline_access',
  grant_types: ['authorization_code', 'refresh_token'],
  authorization_details_types: ['dealer_link'],
  common_id: { first_party: true, contact: 'tests' },
};
beforeAll(async () => {
  world = await startWorld({
    nodes: 2,
    clients: {
      service: { client_name: 'A service', ...service },
      'pairwise-service': { client_name: 'Another', ...service, subject_type: 'pairwise' },
    },
  });
});
afterAll(async () => world?.close());

/** Links an ID with a dealer in the flow of a first-party service. Returns what the service gets. */
async function linkWith(dealer: string, email = 'sato@example.jp', clientId = 'service') {
  const resource = `${world.env.DEALER_SYSTEM_URL}/dealers/${dealer}`;
  const scope = 'openid service_history dealer_link offline_access';
  const { browser, pkce, page } = await begin(world, clientId, { scope, resource, authorization_details: detailsOf(dealer) });
  let answer: Answer = page;
  if (answer.url.includes('/dealer-link')) await browser.submit('/dealer-link', { decision: 'link' });
  if (browser.page.url.includes('/login')) answer = await signIn(browser, email);
  if (browser.page.url.includes('/dealer-link')) answer = await browser.submit('/dealer-link', { decision: 'link' }, CALLBACK);
  if (browser.page.url.endsWith('/finalize')) answer = await goOn(browser);
  const { body } = await redeem(world, returned(answer).get('code') ?? '', pkce, { clientId });
  return { body, resource, clientId };
}

const linkRow = (dealer: string, email: string): { id: string; customer?: string } =>
  JSON.parse(
    world.rows<{ document: string }>(
      `SELECT d.document FROM dealer_links d JOIN accounts a ON a.id = d.account_id WHERE d.dealer = ? AND a.document ->> 'email' = ?`,
      dealer,
      email,
    )[0]?.document ?? '{}',
  ) as { id: string; customer?: string };

/** Returns the data that the dealer has of an ID, after all deliveries. */
async function told(dealer: string, email: string): Promise<Told | undefined> {
  await settle(world);
  return dealerRecords(world, dealer).get(linkRow(dealer, email).id);
}

const arrive = async (begun: Begun, email: string, decision = 'link'): Promise<Browser> => {
  const { browser } = begun;
  if (browser.page.url.includes('/dealer-link')) await browser.submit('/dealer-link', { decision });
  if (browser.page.text.includes('/continue-as')) await browser.submit('/continue-as', { decision: 'continue' });
  if (browser.page.url.includes('/login')) await signIn(browser, email);
  if (browser.page.url.includes('/dealer-link')) await browser.submit('/dealer-link', { decision });
  expect(browser.page.url).toMatch(/\/finalize$/);
  return browser;
};
/** Completes a migration. */
async function migrate(claims: Record<string, unknown>, dealer: string, email: string, decision?: string): Promise<void> {
  const begun = await beginMigration(world, claims, { authorization_details: detailsOf(dealer) });
  const browser = await arrive(begun, email, decision);
  expect((await redeemAtSite(world, await goOn(browser), begun.pkce)).id_token).toBeDefined();
}
const carOf = (vin: string) => ({ vehicles: [{ vin }] });
let people = 0;
const legacyId = (): string => `end-${(people += 1)}-${crypto.randomUUID()}`;

test('S105 a person with an active link is lured into a migration: the dealer learns nothing of the handed-over data', async () => {
  await linkWith('tokyo-toyota');
  const before = await told('tokyo-toyota', 'sato@example.jp');
  expect(before).toMatchObject({ status: 'active', number: null, vins: [] });
  const { browser: victim } = await signedIn(world);
  for (const dealer of ['tokyo-toyota', 'osaka-toyota']) {
    const sub = legacyId();
    const handedOver = { sub, dealer: { code: dealer, customer_number: 'ATTACKER' }, ...carOf('ATT-00001') };
    const begun = await beginMigration(world, handedOver, { authorization_details: detailsOf(dealer) }, victim);
    await arrive(begun, 'sato@example.jp');
    const answer = await goOn(victim);
    expect(returned(answer).has('code')).toBe(true);
    // It is kept with the migration, which nobody completes.
    expect(migrationOf(world, sub)).toMatchObject({ vehicles: [], dealer: { code: dealer }, candidate: carOf('ATT-00001') });
  }
  await settle(world);
  const all = JSON.stringify([...dealerRecords(world, 'tokyo-toyota'), ...dealerRecords(world, 'osaka-toyota')]);
  expect(all).not.toMatch(/ATT/);
  expect(await told('tokyo-toyota', 'sato@example.jp')).toEqual(before);
  // The consent at ⑩ is the person's own, and counts.
  expect(await told('osaka-toyota', 'sato@example.jp')).toMatchObject({ status: 'active', number: null, vins: [] });
  // UserInfo contains only final migrations.
  const { code, pkce } = await signedIn(world, { scope: 'openid migration' });
  const { body } = await redeem(world, code, pkce);
  const { text } = await world.request('/me', { headers: { Authorization: `Bearer ${String(body.access_token)}` } });
  expect(text).not.toMatch(/ATT/);
});

test('S105 the migration is final: each linked dealer gets the cars, also one that is linked later; the customer number is only for its own dealer', async () => {
  const mails = async () => (await world.mails('yamada@example.jp')).filter(({ text }) => text.includes('愛知トヨタ')).length;
  await linkWith('fukuoka-toyota', 'yamada@example.jp');
  await migrate(
    { sub: legacyId(), dealer: { code: 'aichi-toyota', customer_number: 'A-77' }, ...carOf('CAR-00001') },
    'aichi-toyota',
    'yamada@example.jp',
  );
  // Linked at ⑩ with the dealer of the site, and earlier with another dealer.
  expect(await told('aichi-toyota', 'yamada@example.jp')).toMatchObject({ status: 'active', number: 'A-77' });
  expect((await told('aichi-toyota', 'yamada@example.jp'))?.vins).toContain('CAR-00001');
  const other = await told('fukuoka-toyota', 'yamada@example.jp');
  expect(other).toMatchObject({ status: 'active', number: null });
  expect(other?.vins).toContain('CAR-00001');
  // No dealer is told twice about the link.
  expect(await mails()).toBe(1);
  // A second legacy identity, whose person declines at ⑩ and links later elsewhere.
  await migrate(
    { sub: legacyId(), dealer: { code: 'lexus-hoshigaoka', customer_number: 'L-1' }, ...carOf('CAR-00002') },
    'lexus-hoshigaoka',
    'yamada@example.jp',
    'skip',
  );
  expect((await told('aichi-toyota', 'yamada@example.jp'))?.vins).toEqual(expect.arrayContaining(['CAR-00001', 'CAR-00002']));
  expect(await told('lexus-hoshigaoka', 'yamada@example.jp')).toBeUndefined();
  await linkWith('lexus-hoshigaoka', 'yamada@example.jp');
  const late = await told('lexus-hoshigaoka', 'yamada@example.jp');
  expect(late).toMatchObject({ status: 'active', number: 'L-1' });
  expect(late?.vins).toEqual(expect.arrayContaining(['CAR-00001', 'CAR-00002']));
  // Withdrawn, and linked again.
  const { browser } = await signedIn(world, {}, { email: 'yamada@example.jp' });
  const { id } = linkRow('lexus-hoshigaoka', 'yamada@example.jp');
  await browser.open(`${world.issuer}/account/dealer-links/${id}/withdraw`);
  await browser.submit('/withdraw');
  expect(await told('lexus-hoshigaoka', 'yamada@example.jp')).toMatchObject({ status: 'withdrawn', vins: [] });
  await world.advance(1000);
  await linkWith('lexus-hoshigaoka', 'yamada@example.jp');
  expect(await told('lexus-hoshigaoka', 'yamada@example.jp')).toMatchObject({ status: 'active', number: 'L-1' });
  expect((await told('lexus-hoshigaoka', 'yamada@example.jp'))?.vins).toContain('CAR-00002');
});

test('S105 the site hands a finished migration over again, with another car: the dealer gets the car', async () => {
  const sub = legacyId();
  const dealer = { code: 'aichi-toyota', customer_number: 'A-78' };
  await migrate({ sub, dealer, ...carOf('CAR-00003') }, 'aichi-toyota', 'sato@example.jp');
  expect(await told('aichi-toyota', 'sato@example.jp')).toMatchObject({ number: 'A-78', vins: ['CAR-00003'] });
  await beginMigration(world, { sub, dealer, ...carOf('CAR-00004') });
  expect(await told('aichi-toyota', 'sato@example.jp')).toMatchObject({ number: 'A-78', vins: ['CAR-00004'] });
});

const UNDO = /\/account\/migration\/undo\?token=[\w-]+/;
/** Returns the link in the newest mail about the end of a migration. */
async function undoLink(to: string): Promise<string> {
  await settle(world);
  const mail = (await world.mails(to)).find(({ text }) => UNDO.test(text));
  return `${world.issuer}${UNDO.exec(mail?.text ?? '')?.[0]}`;
}
const undoneEvents = (sub: string) =>
  world.rows("SELECT data FROM ledger_entries WHERE type = 'migration.undone' AND subject = ?", `attack-site:${sub}`);

test('S107 a migration to the wrong ID: both addresses get a mail, either can undo it for 72 hours, and the identity is free again', async () => {
  const sub = legacyId();
  const handedOver = {
    sub,
    email: 'owner.before@example.jp',
    dealer: { code: 'kanagawa-toyota', customer_number: 'K-1' },
    ...carOf('CAR-00009'),
  };
  await migrate(handedOver, 'kanagawa-toyota', 'sato@example.jp');
  expect(await told('kanagawa-toyota', 'sato@example.jp')).toMatchObject({ number: 'K-1' });
  expect((await told('kanagawa-toyota', 'sato@example.jp'))?.vins).toContain('CAR-00009');

  const [ofOwner, ofId] = [await undoLink('owner.before@example.jp'), await undoLink('sato@example.jp')];
  expect([ofOwner, ofId].every((link) => UNDO.test(link))).toBe(true);
  expect(ofOwner).not.toBe(ofId);
  // Only a hash is stored, not the token itself, and no legacy id is in the link.
  const token = new URL(ofOwner).searchParams.get('token') ?? '';
  const bytes = await world.databaseBytes();
  expect([bytes.includes(token), ofOwner.includes(sub)]).toEqual([false, false]);
  expect(world.nodes.map((node) => node.output()).join('')).not.toContain(token);

  // Opened by a scanner, guessed, or posted without the form: nothing changes.
  const scanner = world.browser();
  for (const method of ['GET', 'HEAD', 'OPTIONS']) await scanner.send(ofOwner, { method });
  for (const guess of ['', 'x', `${token}x`, token.slice(1), token.toUpperCase()]) {
    const answer = await world.browser().open(`${world.issuer}/account/migration/undo?token=${guess}`);
    expect([guess, answer.status, headingOf(answer)]).toEqual([guess, 400, 'この取り消しは使えません']);
  }
  const blind = await world.request('/account/migration/undo', { method: 'POST', body: new URLSearchParams({ token }) });
  expect(blind.status).toBe(403);
  expect(migrationOf(world, sub)?.account_id).toBeDefined();

  // Pressed several times at once, in two browsers with two links, on two nodes: undone once, and each gets a correct answer.
  const browsers = [ofOwner, ofOwner, ofId].map((link, index) => ({
    link,
    browser: world.browser({ port: world.nodes[index % 2]?.port as number }),
  }));
  for (const { link, browser } of browsers) {
    const asked = await browser.open(link);
    expect([asked.status, headingOf(asked)]).toEqual([200, '移行の取り消し']);
    expect(asked.text).toContain('sato@example.jp');
  }
  const answers = await Promise.all(browsers.map(async ({ browser }) => browser.submit('/account/migration/undo')));
  for (const answer of answers) expect([answer.status, headingOf(answer)]).toEqual([200, '移行を取り消しました']);
  expect(undoneEvents(sub)).toHaveLength(1);
  expect(migrationOf(world, sub)).toMatchObject({ vehicles: [], dealer: { code: 'kanagawa-toyota' } });
  expect(migrationOf(world, sub)).not.toHaveProperty('account_id');
  expect(JSON.stringify(migrationOf(world, sub))).not.toMatch(/K-1|owner.before/);
  const corrected = await told('kanagawa-toyota', 'sato@example.jp');
  expect(corrected).toMatchObject({ status: 'active', number: null });
  expect(corrected?.vins).not.toContain('CAR-00009');

  // The correct ID migrates; an old link does not undo that, and each link still shows its own result.
  await world.advance(1000);
  await migrate(handedOver, 'kanagawa-toyota', 'yamada@example.jp');
  const [yamada] = world.rows<{ id: string }>(`SELECT id FROM accounts WHERE document ->> 'email' = 'yamada@example.jp'`);
  for (const { link, browser } of browsers) {
    expect(headingOf(await browser.open(link))).toBe('移行を取り消しました');
  }
  const form = await browsers[0]?.browser.open(await undoLink('yamada@example.jp'));
  expect(headingOf(form as Answer)).toBe('移行の取り消し');
  await browsers[0]?.browser.submit('/account/migration/undo', { token });
  expect(migrationOf(world, sub)?.account_id).toBe(yamada?.id);
  expect((await told('kanagawa-toyota', 'yamada@example.jp'))?.number).toBe('K-1');
  expect(undoneEvents(sub)).toHaveLength(1);
});

test('S107 undone and begun again in a browser that is still signed in with the wrong ID: asks with which ID to continue', async () => {
  const claims = { sub: legacyId(), email: 'again@example.jp' };
  const begun = await beginMigration(world, claims);
  const { browser } = begun;
  await signIn(browser);
  await redeemAtSite(world, await goOn(browser), begun.pkce);
  // Final with this ID: nothing is asked.
  expect(returned((await beginMigration(world, claims, {}, browser)).browser.page).has('code')).toBe(true);
  await browser.open(await undoLink('again@example.jp'));
  await browser.submit('/account/migration/undo');
  await beginMigration(world, claims, {}, browser);
  expect(browser.page.url).toContain('/login');
  expect(browser.form('/continue-as')).toBeDefined();
});

test('S107 undone by a person without another ID: the registration begins again', async () => {
  const claims = { sub: legacyId(), email: 'nobody.yet@example.jp' };
  const begun = await beginMigration(world, claims, { prompt: 'create' });
  const { browser } = begun;
  const email = freshEmail();
  await browser.submit('/create', { terms: 'yes' });
  await browser.submit('/create/email', { email });
  await browser.submit('/create/code', { code: await codeFor(world, email) });
  await browser.submit('/create/profile', PROFILE);
  await browser.submit('/create/confirm');
  await browser.submit('/create/complete');
  await signIn(browser, email, PASSWORD);
  await redeemAtSite(world, await goOn(browser), begun.pkce);
  const owner = world.browser();
  await owner.open(await undoLink('nobody.yet@example.jp'));
  await owner.submit('/account/migration/undo');
  await beginMigration(world, claims, { prompt: 'create' }, owner);
  expect(owner.page.url).toMatch(/\/create$/);
});

test('S107 the same address on both sides, and 72 hours: one mail in the language of the site, and no undo later', async () => {
  const sub = legacyId();
  const count = async () => (await world.mails('sato@example.jp')).filter(({ text }) => UNDO.test(text)).length;
  const before = await count();
  const claims = { sub, email: 'SATO@example.jp' };
  const begun = await beginMigration(world, claims, { ui_locales: 'en' });
  await signIn(begun.browser);
  await redeemAtSite(world, await goOn(begun.browser), begun.pkce);
  const link = await undoLink('sato@example.jp');
  expect(await count()).toBe(before + 1);
  expect((await world.mails('sato@example.jp'))[0]?.subject).toMatch(/move to the common ID is complete/);
  // A minute later the job runs again; nobody gets a second mail.
  await world.advance(61_000);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await settle(world);
  expect(await count()).toBe(before + 1);

  const late = world.browser();
  await late.open(link);
  const asked = late.page;
  await world.advance(72 * 60 * 60_000);
  expect((await late.submit(late.form('/account/migration/undo'))).status).toBe(400);
  expect(asked.status).toBe(200);
  expect((await late.open(link)).status).toBe(400);
  expect(migrationOf(world, sub)?.account_id).toBeDefined();
});

test('S108 one person and one dealer: each sector of clients has its own id of the link, and none can be computed from the account', async () => {
  const idsOf = async (clientId: string): Promise<string[]> => {
    const { body, resource } = await linkWith('osaka-toyota', 'yamada@example.jp', clientId);
    const { text } = await world.request('/me', { headers: { Authorization: `Bearer ${String(body.access_token)}` } });
    const ofDealer = (links: unknown): string =>
      (links as { dealer: string; link_id: string }[]).find(({ dealer }) => dealer === 'osaka-toyota')?.link_id ?? '';
    const refreshed = await redeem(world, '', { verifier: '', challenge: '' }, {
      clientId,
      grant_type: 'refresh_token',
      refresh_token: String(body.refresh_token),
      code: undefined,
      redirect_uri: undefined,
      code_verifier: undefined,
      resource,
    } as never);
    // The token for the dealer contains the dealer's own ids of the link and the customer.
    const forDealer = decodeJwt(String(refreshed.body.access_token));
    const standing = linkRow('osaka-toyota', 'yamada@example.jp');
    expect(ofDealer(forDealer.authorization_details)).toBe(standing.id);
    expect(forDealer.sub).toBe((await told('osaka-toyota', 'yamada@example.jp'))?.customer?.sub);
    const introspected = await world.request('/token/introspection', {
      method: 'POST',
      body: new URLSearchParams({ token: String(refreshed.body.refresh_token ?? body.refresh_token) }),
      headers: { Authorization: `Basic ${Buffer.from(`${clientId}:${world.env.ATTACK_WEB_SECRET}`).toString('base64')}` },
    });
    return [
      ofDealer(body.authorization_details),
      ofDealer(parseJson(text).dealer_links),
      ofDealer(refreshed.body.authorization_details),
      ofDealer(parseJson(introspected.text).authorization_details),
    ];
  };
  const [one, other] = [await idsOf('service'), await idsOf('pairwise-service')];
  expect([new Set(one).size, new Set(other).size]).toEqual([1, 1]);
  expect(one[0]).toMatch(/^dl_[\w-]{43}$/);
  const standing = linkRow('osaka-toyota', 'yamada@example.jp');
  const [account] = world.rows<{ id: string }>(`SELECT id FROM accounts WHERE document ->> 'email' = 'yamada@example.jp'`);
  const unkeyed = createHash('sha256')
    .update(JSON.stringify([account?.id, 'osaka-toyota']))
    .digest('base64url');
  expect(new Set([one[0], other[0], standing.id, `dl_${unkeyed}`]).size).toBe(4);
});
