// The migration over HTTP, with a test legacy site: the exact messages of the protocol and the guide.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as client from 'openid-client';
import { startCallbackServer, type CallbackServer } from '../support/callback-server.ts';
import { startWorld, type World } from '../support/world.ts';
import { createHttpDriver, type HttpDriver } from './http-driver.ts';
import {
  createRelyingParty,
  makeLegacyProfile,
  makeSigningKey,
  type Attempt,
  type RelyingParty,
  type SigningKey,
} from './relying-party.ts';
import { createTraveller, DEMO_PASSWORD, HEADINGS, NEW_PASSWORD, WORDS, type Traveller } from './traveller.ts';
import type { FunnelStep, LegacyUser } from '../../src/domain/population.ts';
import { rowsOf } from '../support/rows-of.ts';
import { untilFound } from '../support/until-true.ts';

const SCOPE = 'openid profile email phone address offline_access migration dealer_link service_history booking';
const DEALER = 'aichi-toyota';

let world: World;
let callbacks: CallbackServer;
let key: SigningKey;
let site: RelyingParty;

beforeAll(async () => {
  key = await makeSigningKey('site-key');
  world = await startWorld({
    clients: {
      'test-site': {
        client_name: 'Test site',
        application_type: 'web',
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        jwks: { keys: [key.publicJwk] },
        redirect_uris: ['${DEMO_CLIENTS_URL}/site'],
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        response_types: ['code'],
        scope: `${SCOPE} migration:read`,
        require_pushed_authorization_requests: true,
        authorization_details_types: ['dealer_link'],
        common_id: {
          first_party: true,
          legacy_import: true,
          required_claims: [{ claim: 'birthdate', reason: { ja: '確認のため', en: 'To recognise you' } }],
          contact: 'site@example.jp',
        },
      },
    },
  });
  callbacks = await startCallbackServer(world.origins.demoClients);
  site = await createRelyingParty(
    world,
    'test-site',
    `${world.origins.demoClients}/site`,
    client.PrivateKeyJwt({ key: key.privateKey, kid: key.kid }),
  );
}, 30_000);

afterAll(async () => {
  await callbacks.close();
  await world.stop();
});

const resourceOf = (dealer: string): string => `${world.origins.dealerSystem}/dealers/${dealer}`;

/** Pushes the request that the owners site would. */
async function pushMigration(legacyId: string, parameters: Record<string, string> = {}): Promise<Attempt> {
  return site.push({
    scope: SCOPE,
    resource: resourceOf(DEALER),
    authorization_details: JSON.stringify([{ type: 'dealer_link', dealer: DEALER }]),
    legacy_profile: await makeLegacyProfile(site, key, legacyId, {
      family_name: '高橋',
      given_name: '次郎',
      phone_number: '+819012345678',
      birthdate: '1990-02-03',
      dealer: { code: DEALER, customer_number: 'T-1' },
      vehicles: [{ vin: 'JTDKB20U093500001', model: 'プリウス', first_registered: '2020-06' }],
    }),
    ...parameters,
  });
}

const newTraveller = (): Traveller<HttpDriver> => createTraveller(createHttpDriver(), world);

/** From the request to the callback, for a person with an ID; agrees to the dealer link whenever asked. */
async function goThrough(traveller: Traveller<HttpDriver>, attempt: Attempt, email: string): Promise<string> {
  const agree = async (): Promise<void> => {
    if ((await traveller.heading()).startsWith(HEADINGS.dealer)) await traveller.press(WORDS.link);
  };
  await traveller.open(attempt.url.href);
  await agree();
  await traveller.signIn(email, DEMO_PASSWORD);
  await agree();
  if ((await traveller.heading()).startsWith(HEADINGS.required)) await traveller.confirmRequired();
  // The site has Takahashi's data; the ID belongs to another person.
  if ((await traveller.heading()).startsWith(HEADINGS.otherPerson)) await traveller.press('本人のIDなので、このまま移行する');
  await traveller.arrivesAt(world.origins.demoClients);
  return traveller.url();
}

async function statusOf(legacyId: string): Promise<Record<string, unknown>> {
  const { access_token: token } = await client.clientCredentialsGrant(site.config, { scope: 'migration:read' });
  const answer = await fetch(`${world.origins.id}/migrations/${legacyId}`, { headers: { Authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Record<string, unknown>;
}

/** Waits until the funnel counts a legacy user of this site with exactly these steps, in any order. */
async function untilCounted(...steps: FunnelStep[]): Promise<LegacyUser> {
  const users = async (): Promise<LegacyUser[]> =>
    (await rowsOf(world.env.DATABASE_URL ?? '', 'population')).map(({ document }) => JSON.parse(document) as LegacyUser);
  const wanted = steps.toSorted().join();
  return untilFound(
    `a legacy user of whom the funnel counts ${wanted}`,
    async () =>
      (await users()).find(
        ({ client_id: of, reached }) => of === 'test-site' && Object.keys(reached).toSorted().join() === wanted,
      ),
    { tell: users },
  );
}

test('a new ID: pushed request, prompt=create, hand-over, dealer link; tokens, claims and the status before and after', async () => {
  expect(await statusOf('legacy-1')).toMatchObject({ state: 'none' });
  const attempt = await pushMigration('legacy-1', { prompt: 'create' });
  expect([...attempt.url.searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri']);
  expect(await statusOf('legacy-1')).toMatchObject({
    state: 'started',
    missing: expect.arrayContaining(['registration']) as never,
  });

  const traveller = newTraveller();
  await traveller.open(attempt.url.href);
  await traveller.register('jiro@example.jp');
  await traveller.press(WORDS.link);
  await traveller.signIn('jiro@example.jp', NEW_PASSWORD);
  expect(await traveller.value('birthdate_year')).toBe('1990');
  await traveller.confirmRequired();
  await traveller.arrivesAt(world.origins.demoClients);
  const arrived = new URL(traveller.url());
  expect(arrived.searchParams.get('iss')).toBe(world.origins.id);
  // Only the redemption makes it final.
  expect(await statusOf('legacy-1')).toMatchObject({ state: 'started', missing: ['return'] });

  const tokens = await site.redeem(arrived.href, attempt);
  const [detail] = tokens.authorization_details as unknown as Record<string, unknown>[];
  expect(detail).toMatchObject({
    type: 'dealer_link',
    dealer: DEALER,
    status: expect.stringMatching(/^(pending|active)$/) as never,
  });
  expect(await statusOf('legacy-1')).toMatchObject({ state: 'completed', missing: [] });

  const claims = await client.fetchUserInfo(site.config, tokens.access_token, String(tokens.claims()?.sub));
  expect(claims).toMatchObject({
    name: '高橋 次郎',
    email: 'jiro@example.jp',
    email_verified: true,
    phone_number: '+819012345678',
    phone_number_verified: false,
    birthdate: '1990-02-03',
    migration: { completed: [{ client_id: 'test-site', legacy_id: 'legacy-1' }], vehicles: [{ model: 'プリウス' }] },
    dealer_links: [{ dealer: DEALER, link_id: detail?.['link_id'] }],
  });
  expect(claims.address).toMatchObject({ region: '東京都', locality: '中央区' });
  await expectTokensOfDealers(String(tokens.refresh_token));
  const registration = ['terms', 'address_proven', 'details', 'registered'] as const;
  await untilCounted('came', ...registration, 'dealer_decided', 'signed_in', 'confirmed', 'linked', 'completed');
}, 60_000);

/** One dealer's token opens only that dealer's history; another dealer gets no token, or a useless one. */
async function expectTokensOfDealers(refreshToken: string): Promise<void> {
  const ours = await client.refreshTokenGrant(site.config, refreshToken, { resource: resourceOf(DEALER) });
  expect(decodeProtectedHeader(ours.access_token).typ).toBe('at+jwt');
  expect(decodeJwt(ours.access_token)).toMatchObject({
    aud: resourceOf(DEALER),
    client_id: 'test-site',
    authorization_details: [{ type: 'dealer_link', dealer: DEALER }],
  });
  const read = async (dealer: string, token: string): Promise<Response> =>
    fetch(`${resourceOf(dealer)}/service-history`, { headers: { Authorization: `Bearer ${token}` } });
  // The link is being delivered.
  const answer = await untilFound('an answer other than 409, because the dealer accepted the link', async () => {
    const answered = await read(DEALER, ours.access_token);
    return answered.status === 409 ? undefined : answered;
  });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ vehicles: [{ model: 'プリウス' }] });
  expect((await read('tokyo-toyota', ours.access_token)).status).toBe(401);

  const others = await client
    .refreshTokenGrant(site.config, String(ours.refresh_token), { resource: resourceOf('tokyo-toyota') })
    .catch((error: unknown) => error as client.ResponseBodyError);
  if (others instanceof client.ResponseBodyError) expect(others.error).toBe('invalid_target');
  else {
    expect(decodeJwt(others.access_token).authorization_details ?? []).toEqual([]);
    expect((await read('tokyo-toyota', others.access_token)).status).toBe(403);
  }
}

test("a person who is lured into another person's migration links nothing", async () => {
  // The attacker starts at the legacy site as legacy-2, and sends the link to the owner of an ID.
  const lure = await pushMigration('legacy-2');
  const arrived = await goThrough(newTraveller(), lure, 'sato@example.jp');
  // The legacy site has no such session in the victim's browser and redeems nothing: nothing is linked.
  expect(await statusOf('legacy-2')).toMatchObject({ state: 'started' });

  // The legacy user finishes with their own ID.
  const own = await pushMigration('legacy-2');
  const tokens = await site.redeem(await goThrough(newTraveller(), own, 'yamada@example.jp'), own);
  expect(await statusOf('legacy-2')).toMatchObject({ state: 'completed' });
  const { migration } = await client.fetchUserInfo(site.config, tokens.access_token, String(tokens.claims()?.sub));
  expect(JSON.stringify(migration)).toContain('legacy-2');
  await untilCounted('came', 'dealer_decided', 'signed_in', 'confirmed', 'linked', 'completed');

  // The victim's code is useless, even with the correct verifier.
  await site.redeem(arrived, lure).then(
    async (late) => {
      const claims = await client.fetchUserInfo(site.config, late.access_token, String(late.claims()?.sub));
      expect(JSON.stringify(claims)).not.toContain('legacy-2');
    },
    (error: client.ResponseBodyError) => expect(error.error).toBe('invalid_grant'),
  );
}, 60_000);

test('a repeated migration of a legacy user changes nothing, and asks only for the password', async () => {
  const first = await pushMigration('legacy-3');
  const before = await site.redeem(await goThrough(newTraveller(), first, 'sato@example.jp'), first);
  const state = await statusOf('legacy-3');
  const again = await pushMigration('legacy-3', { prompt: 'create' });
  const traveller = newTraveller();
  await traveller.open(again.url.href);
  await traveller.signIn('sato@example.jp', DEMO_PASSWORD);
  await traveller.arrivesAt(world.origins.demoClients);
  const after = await site.redeem(traveller.url(), again);
  expect(after.claims()?.sub).toBe(before.claims()?.sub);
  expect(await statusOf('legacy-3')).toEqual(state);
}, 60_000);

test('of ten parallel redemptions of one code exactly one succeeds', async () => {
  const attempt = await pushMigration('legacy-4');
  const arrived = await goThrough(newTraveller(), attempt, 'sato@example.jp');
  const results = await Promise.allSettled(Array.from({ length: 10 }, async () => site.redeem(arrived, attempt)));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
}, 60_000);

test('a pushed request is used once, a hand-over is handed over once', async () => {
  const attempt = await pushMigration('legacy-5');
  await goThrough(newTraveller(), attempt, 'sato@example.jp');
  const late = newTraveller();
  await late.open(attempt.url.href);
  expect(late.page().status).toBe(400);

  const profile = await makeLegacyProfile(site, key, 'legacy-5');
  await site.push({ scope: SCOPE, legacy_profile: profile });
  await expect(site.push({ scope: SCOPE, legacy_profile: profile })).rejects.toMatchObject({
    error: 'invalid_request',
    error_description: expect.stringContaining("'jti' was used before") as never,
  });
}, 60_000);

test('only the client of a legacy user gets the migration status, with a token for it', async () => {
  const url = `${world.origins.id}/migrations/own-yamada`;
  expect((await fetch(url)).status).toBe(401);
  // There is no status for another client's legacy user.
  expect(await statusOf('own-yamada')).toMatchObject({ state: 'none' });
});

test('a person who cancels is counted where they stopped', async () => {
  const traveller = newTraveller();
  await traveller.open((await pushMigration('legacy-6', { prompt: 'create' })).url.href);
  await traveller.press('戻る');
  expect(await untilCounted('came')).toMatchObject({ failure: { reason: 'cancelled' } });
}, 60_000);
