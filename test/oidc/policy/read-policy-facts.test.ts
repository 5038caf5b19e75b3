// The facts of the policy, read from a request and from a real database.
import { createSecretKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SignJWT } from 'jose';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { legacyRegistrationId } from '../../../src/domain/legacy-registration.ts';
import { pairwiseSubject } from '../../../src/oidc/clients/pairwise-subject.ts';
import type { PolicyFacts } from '../../../src/oidc/policy/policy-facts.ts';
import { createPolicyFactsReader } from '../../../src/oidc/policy/read-policy-facts.ts';
import { guardRecords, type Records } from '../../../src/storage/records.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/open-sqlite-storage.ts';
import type { Storage, StoredLegacyProfile } from '../../../src/storage/storage.ts';
import { eventAbout, sampleAccount, sampleDealerLink, sampleMigration } from '../../storage/conformance/samples.ts';

const NOW = 1_000_000_000;
const KEY = createSecretKey(Buffer.alloc(32, 1));
const CLIENT = { firstParty: true, requiredClaims: [], metadata: { client_id: 'site' } };
const LEGACY = {
  id: 'handed-over',
  version: 0,
  client_id: 'site',
  profile: { legacy_id: 'tanaka', vehicles: [], profile: {} },
  expires_at: NOW + 1_000,
} as unknown as StoredLegacyProfile;
const HANDED_OVER = { legacy_profile: 'handed-over:handed-over' };
const ASKS = { authorization_details: JSON.stringify([{ type: 'dealer_link' }]) };

let directory: string;
let storage: Storage;
let records: Records;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'policy-facts-'));
  storage = await openSqliteStorage({ path: join(directory, 'db.sqlite'), clock: () => NOW });
  records = guardRecords(storage, () => NOW);
});
afterEach(async () => {
  await storage.close();
  await rm(directory, { recursive: true });
});

type Asked = {
  params?: Record<string, unknown>;
  accountId?: string;
  subjectType?: 'pairwise' | 'public';
  pending?: string[];
  result?: object;
};

/** A context as oidc-provider passes it to a check. */
function contextOf({ params = {}, accountId, subjectType = 'public', pending = [], result }: Asked): KoaContextWithOIDC {
  return {
    cookies: { get: () => 'b' },
    oidc: {
      params,
      result,
      client: { clientId: 'site', subjectType },
      entities: { Interaction: { cid: 'request' } },
      session: { accountId, loginTs: 7, uid: 's', acr: 'phr' },
      account: accountId === undefined ? undefined : { stored: sampleAccount(accountId) },
      promptPending: (name: string) => pending.includes(name),
    },
  } as unknown as KoaContextWithOIDC;
}

const reader = () =>
  createPolicyFactsReader({
    storage: records,
    clock: () => NOW,
    clients: { find: (id: string) => (id === 'site' ? CLIENT : undefined) },
    config: { issuer: 'http://id.example', dealers: [{ code: '23001' }], keys: { subject: KEY } },
  } as never);
const read = async (asked: Asked): Promise<PolicyFacts> => reader()(contextOf(asked));

test("the request: the client's parameters, and the signed-in person", async () => {
  const params = { ...ASKS, code_challenge: 'challenge' };
  expect(await read({ params, accountId: 'a', pending: ['create'] })).toMatchObject({
    now: NOW,
    client: CLIENT,
    asksForRegistration: true,
    asksForDealerLink: {},
    codeChallenge: 'challenge',
    accountId: 'a',
    account: { id: 'a' },
    sessionUid: 's',
    authTime: 7,
    acr: 'phr',
  });
  expect(await read({ pending: ['login'] })).toMatchObject({
    asksForRegistration: false,
    asksForDealerLink: undefined,
    hint: undefined,
    dealerLinks: [],
  });
});

test('id_token_hint: its subject, and the subject of the signed-in person at that client', async () => {
  const id_token_hint = await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setSubject('somebody').sign(KEY);
  const hintFor = async (asked: Asked) => (await read({ ...asked, params: { id_token_hint } })).hint;
  expect(await hintFor({ accountId: 'a' })).toEqual({ subject: 'somebody', signedIn: 'a' });
  expect(await hintFor({ accountId: 'a', subjectType: 'pairwise' })).toEqual({
    subject: 'somebody',
    signedIn: pairwiseSubject(KEY, 'a', { clientId: 'site' }),
  });
  expect(await hintFor({})).toBeUndefined();
});

test('the claims parameter: the subjects of which it wants one, and the subject of the signed-in person at that client', async () => {
  const wantedFor = async (sub: object | null, asked: Asked = { accountId: 'a' }) =>
    (await read({ ...asked, params: { claims: JSON.stringify({ id_token: { sub } }) } })).wanted;
  expect(await wantedFor({ value: 'b' })).toEqual({ subjects: ['b'], signedIn: 'a' });
  expect(await wantedFor({ values: ['b', 'c'] })).toEqual({ subjects: ['b', 'c'], signedIn: 'a' });
  expect(await wantedFor({ value: 'b' }, { accountId: 'a', subjectType: 'pairwise' })).toEqual({
    subjects: ['b'],
    signedIn: pairwiseSubject(KEY, 'a', { clientId: 'site' }),
  });
  for (const sub of [null, {}, { essential: true }]) expect(await wantedFor(sub)).toBeUndefined();
  expect(await wantedFor({ value: 'b' }, {})).toBeUndefined();
  expect((await read({ accountId: 'a', params: { claims: '{"userinfo":{}}' } })).wanted).toBeUndefined();
});

test('the weakest class of an essential acr, and of acr_values', async () => {
  const essentialFor = async (acr: object) =>
    (await read({ accountId: 'a', params: { claims: JSON.stringify({ id_token: { acr } }) } })).essentialAcr;
  expect(await essentialFor({ essential: true, value: 'phr' })).toBe('phr');
  expect(await essentialFor({ essential: true, values: ['phr', 'x', 'urn:common-id:acr:mfa'] })).toBe('urn:common-id:acr:mfa');
  expect(await essentialFor({ essential: true })).toBeUndefined();
  expect(await essentialFor({ values: ['phr'] })).toBeUndefined();
  const claims = JSON.stringify({ id_token: { acr: { essential: true, value: 'urn:common-id:acr:mfa' } } });
  const listed = async (acr_values: string, more = {}) =>
    (await read({ accountId: 'a', params: { acr_values, ...more } })).essentialAcr;
  expect(await listed('x phr urn:common-id:acr:mfa')).toBe('urn:common-id:acr:mfa');
  expect(await listed('x')).toBeUndefined();
  expect(await listed('phr', { claims })).toBe('phr');
  expect(await listed('urn:common-id:acr:password', { claims })).toBe('urn:common-id:acr:mfa');
});

test('max_age counts until the person has signed in', async () => {
  expect((await read({ accountId: 'a', params: { max_age: '60' } })).maxAge).toBe(60);
  expect(
    (await read({ accountId: 'a', params: { max_age: '60' }, result: { login: { interaction: 'i' } } })).maxAge,
  ).toBeUndefined();
  // A second factor is no new sign-in.
  expect((await read({ accountId: 'a', params: { max_age: '60' }, result: { login: {}, second_factor: {} } })).maxAge).toBe(60);
  expect((await read({ accountId: 'a' })).maxAge).toBeUndefined();
});

test('the database: the decisions of the request, the migration, and whether the legacy identity has registered', async () => {
  await storage.legacyProfiles.put(LEGACY);
  await storage.migrations.put(sampleMigration('tanaka', { client_id: 'site' }), eventAbout('tanaka'));
  await records.interactionFacts.change('request', () => ({ wants: 'login', expires_at: NOW + 1_000 }));
  const registered = async (registered_at?: number) =>
    records.registrationDrafts.change(legacyRegistrationId('site', 'tanaka'), () => ({
      account_id: 'a',
      expires_at: NOW + 1_000,
      ...(registered_at !== undefined && { registered_at }),
    }));
  await registered();
  expect(await read({ params: HANDED_OVER })).toMatchObject({
    decided: { wants: 'login' },
    legacy: { id: 'handed-over' },
    migration: { legacy_id: 'tanaka' },
    legacyHasRegistered: false,
  });
  await registered(NOW);
  expect(await read({ params: HANDED_OVER })).toMatchObject({ legacyHasRegistered: true });
  expect(await read({})).toMatchObject({ legacy: undefined, migration: undefined, legacyHasRegistered: false });
});

test('dealer links: of the signed-in person, else of the account that the legacy identity belongs to or has as its candidate', async () => {
  await storage.legacyProfiles.put(LEGACY);
  for (const id of ['a', 'final', 'candidate'])
    await storage.dealerLinks.create(sampleDealerLink(`of ${id}`, { account_id: id }), eventAbout(id));
  const linksFor = async (asked: Asked) => (await read(asked)).dealerLinks.map(({ id }) => id);
  const params = { ...HANDED_OVER, ...ASKS };
  const candidate = { account_id: 'candidate', code_challenge: 'c', at: NOW };
  expect(await linksFor({ params })).toEqual([]);
  await storage.migrations.put(sampleMigration('tanaka', { client_id: 'site', candidate }), eventAbout('tanaka'));
  expect(await linksFor({ params })).toEqual(['of candidate']);
  const final = sampleMigration('tanaka', { client_id: 'site', candidate, account_id: 'final', version: 1 });
  await storage.migrations.put(final, eventAbout('tanaka'));
  expect(await linksFor({ params })).toEqual(['of final']);
  expect(await linksFor({ params, accountId: 'a' })).toEqual(['of a']);
  // A request without a dealer reads no links, unless a dealer was chosen in it.
  expect(await linksFor({ accountId: 'a' })).toEqual([]);
  await records.interactionFacts.change('request', () => ({ dealer_choice: { dealer: '23001' }, expires_at: NOW + 1_000 }));
  expect(await linksFor({ accountId: 'a' })).toEqual(['of a']);
});

test('all checks of a request see the same facts; another request sees its own', async () => {
  const readFacts = reader();
  const ctx = contextOf({});
  const [first, second] = await Promise.all([readFacts(ctx), readFacts(ctx)]);
  expect(second).toBe(first);
  await records.interactionFacts.change('request', () => ({ wants: 'login', expires_at: NOW + 1_000 }));
  expect((await readFacts(ctx)).decided.wants).toBeUndefined();
  expect((await readFacts(contextOf({}))).decided.wants).toBe('login');
});
