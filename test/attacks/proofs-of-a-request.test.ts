// A decision counts only for the person, the browser and the request that made it: design/security-2.md S101, S104, S106,
// S118, S120. The functions that decide and write, on a real database, at moments between two of them that no browser can hit.
import { createSecretKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import Router from 'koa-router';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { setPassword } from '../../src/authentication/password/set-password.ts';
import { signInIsOver, type Account } from '../../src/domain/account.ts';
import type { DealerLink } from '../../src/domain/dealer-link.ts';
import { createPasswordHasher } from '../../src/authentication/password/password-hash.ts';
import { draftIdOf } from '../../src/interaction/create/draft.ts';
import { findDifference } from '../../src/interaction/finalize/flow.ts';
import { createSignIn } from '../../src/authentication/password/sign-in.ts';
import type { InteractionState } from '../../src/interaction/interaction-context.ts';
import { createLoginStep } from '../../src/interaction/login/routes.ts';
import { createJobQueue } from '../../src/jobs/job-queue.ts';
import { createFinishMigration } from '../../src/oidc/migration/finish-migration.ts';
import { createInteractionBinding, interactionUrl } from '../../src/oidc/policy/interaction-url.ts';
import { createPolicy } from '../../src/oidc/policy/policy.ts';
import { cancelChoice, readFacts, writeFacts } from '../../src/oidc/policy/request-facts.ts';
import { currentSession } from '../../src/oidc/sessions/current-session.ts';
import { guardRecords, type Records } from '../../src/storage/records.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts';
import type { InteractionFacts, Storage, StoredLegacyProfile } from '../../src/storage/storage.ts';
import { eventAbout, sampleAccount, sampleDealerLink, sampleMigration } from '../storage/conformance/samples.ts';
import { noEmit } from '../support/no-emit.ts';

let now = 0;
const clock = (): number => now;
const SERVICE = { firstParty: true, requiredClaims: [], metadata: { client_id: 'site' } };
const LOGIN = { failuresPerAccount: 5, failuresPerAddress: 100, failuresPerNetwork: 100, windowSeconds: 900 };

let directory: string;
let storage: Storage;
let records: Records;
let deps: never;
let client: object;
beforeEach(async () => {
  client = SERVICE;
  now = 1_000_000_000;
  directory = await mkdtemp(join(tmpdir(), 'request-proofs-'));
  storage = await openSqliteStorage({ path: join(directory, 'db.sqlite'), clock });
  records = guardRecords(storage, clock);
  const config = {
    issuer: 'http://id.example',
    passkeyOrigins: [],
    dealers: [{ code: '23001' }, { code: '13001' }],
    lifetimes: { session: 3_600, sessionAbsolute: 7_200, interaction: 3_600 },
    rateLimits: { login: LOGIN },
    keys: { subject: createSecretKey(Buffer.alloc(32, 1)) },
  };
  deps = { storage: records, emit: noEmit, clock, config, clients: { find: () => client } } as never;
});
afterEach(async () => {
  await storage.close();
  await rm(directory, { recursive: true });
});

test('S101 a password replaced while a login rehashes the earlier one: the new one stays', async () => {
  const older = createPasswordHasher({ cost: 4, concurrency: 1, queueLimit: 9 });
  const hasher = createPasswordHasher({ cost: 5, concurrency: 1, queueLimit: 9 });
  const account = sampleAccount('a', { password_hash: await older.hash('Before-2026') });
  await storage.accounts.create(account, eventAbout('a'));
  const from = { ip: '127.0.0.1', userAgent: '', knownDevice: () => undefined };
  const replacing = {
    ...hasher,
    async hash(password: string) {
      await storage.accounts.update({ ...account, password_hash: 'the new one' }, eventAbout('a'));
      return hasher.hash(password);
    },
  };
  expect(
    await createSignIn({ ...(deps as object), hasher: replacing } as never)('a@example.jp', 'Before-2026', from),
  ).toBeDefined();
  expect(await storage.accounts.find('a')).toMatchObject({ version: 2, password_hash: 'the new one' });
});

test('S118 a password replaced while a login compares the earlier one: the session of that login ends at once', async () => {
  const lane = createPasswordHasher({ cost: 4, concurrency: 1, queueLimit: 9 });
  await storage.accounts.create(sampleAccount('a', { password_hash: await lane.hash('Before-2026') }), eventAbout('a'));
  let meanwhile = async (): Promise<unknown> => undefined;
  const hasher = {
    ...lane,
    async verify(password: string, hash: string) {
      now += 1_500;
      await meanwhile();
      now += 1_500;
      return lane.verify(password, hash);
    },
  };
  const jobs = createJobQueue(storage.jobs, clock);
  const router = new Router<InteractionState>();
  createLoginStep({ ...(deps as object), hasher, jobs, regionOf: () => undefined } as never).addRoutes(router);
  /** Signs in. Returns whether the new session counts. */
  const counts = async (): Promise<boolean> => {
    let authTime: number | undefined;
    const interaction = {
      uid: 'i',
      client: SERVICE,
      facts: {},
      leaveSession: async () => undefined,
      finish: async ({ login }: { login: { ts: number } }) => void (authTime = login.ts),
    };
    const body = { login_id: 'a@example.jp', password: 'Before-2026' };
    const cookies = { get: () => undefined, set: () => undefined };
    const ctx = {
      path: '/',
      method: 'POST',
      ip: '127.0.0.1',
      get: () => '',
      cookies,
      request: { body },
      state: { interaction, t: String },
    };
    await router.routes()(ctx as never, async () => undefined);
    const standing = (await storage.accounts.find('a')) as Account;
    expect(authTime).toBeDefined();
    return !signInIsOver(standing, { authTime, sessionUid: 's', endsWithSession: true });
  };
  expect(await counts()).toBe(true);
  meanwhile = async () => setPassword({ ...(deps as object), jobs } as never, 'a', 'the new one', 'account.password_changed');
  expect(await counts()).toBe(false);
});

const LEGACY: StoredLegacyProfile = {
  id: 'handed-over',
  version: 0,
  client_id: 'site',
  profile: { legacy_id: 'tanaka', vehicles: [], profile: { family_name: '鈴木', given_name: '花子' } },
  expires_at: 2_000_000_000,
} as never;

test("S104 another person signs in in the same request and browser: the earlier person's choices and input are dropped", async () => {
  const key = { cid: 'request', legacy: LEGACY, browserId: 'b' };
  const times = { now, requestEnds: now + 1_000 };
  const write = async (change: Partial<InteractionFacts>): Promise<void> =>
    writeFacts(records.interactionFacts, key, change, times);
  const read = async (cid: string) => readFacts(deps, { ...key, cid });
  await write({ continue_as: 'one' });
  await write({ dealer_choice: { dealer: '23001' }, typed_profile: { birthdate: '1980-01-01' } });
  // The same person signs in again.
  await write({ continue_as: 'one' });
  expect(await read('request')).toMatchObject({ dealer_choice: { dealer: '23001' }, typed_profile: { birthdate: '1980-01-01' } });
  await write({ continue_as: 'other' });
  for (const cid of ['request', 'the next one']) {
    const facts = await read(cid);
    expect(facts).toMatchObject({ continue_as: 'other' });
    for (const name of ['dealer_choice', 'earlier_choice', 'typed_profile']) expect(facts).not.toHaveProperty(name);
  }
});

test('S106 registered from the hand-over in this browser: the question is skipped for this ID, and asked for every other one', async () => {
  const [registered, other] = [sampleAccount('registered'), sampleAccount('other')];
  await records.registrationDrafts.change(draftIdOf(LEGACY, 'b'), () => ({
    account_id: 'registered',
    registered_at: now,
    expires_at: now + 1_000,
  }));
  expect(await findDifference(deps, LEGACY, registered, 'b')).toBeUndefined();
  expect(await findDifference(deps, LEGACY, registered, 'another browser')).toMatchObject({ name: true });
  expect(await findDifference(deps, LEGACY, other, 'b')).toMatchObject({ name: true });
});

/** An authorization request as the policy sees it. */
type Asked = { accountId?: string; params?: Record<string, unknown>; loginTs?: number };

/** Returns the reasons of a prompt. */
async function reasonsOf(name: string, { accountId, params = {}, loginTs }: Asked): Promise<string[]> {
  const stored = accountId === undefined ? undefined : await storage.accounts.find(accountId);
  const ctx = {
    cookies: { get: () => 'b' },
    oidc: {
      params,
      claims: {},
      client: { clientId: 'site' },
      entities: { Interaction: { cid: 'request' } },
      session: { accountId, loginTs, uid: 's' },
      account: stored && { stored },
      prompts: new Set(),
      promptPending: () => false,
    },
  } as unknown as KoaContextWithOIDC;
  const reasons: string[] = [];
  for (const { reason, check } of createPolicy(deps).get(name)!.checks) if (await check(ctx)) reasons.push(reason);
  return reasons;
}
const setFacts = async (facts: Partial<InteractionFacts>): Promise<unknown> =>
  records.interactionFacts.change('request', () => ({ ...facts, expires_at: now + 1_000 }));

const asksForDealer = (dealer?: string) => ({ authorization_details: JSON.stringify([{ type: 'dealer_link', dealer }]) });

test('S104 連携する, and the link withdrawn in another tab: asked again, because that choice links nothing any more', async () => {
  await storage.accounts.create(sampleAccount('a'), eventAbout('a'));
  const link = sampleDealerLink('l', { account_id: 'a', status: 'withdrawn', withdrawn_at: 5_000 });
  await storage.dealerLinks.create(link, eventAbout('l'));
  const chosenAt = async (given_at: number) =>
    setFacts({ dealer_choice: { dealer: '23001', consent: { ...link.consent, given_at } as DealerLink['consent'] } });
  await chosenAt(5_000);
  expect(await reasonsOf('dealer_link', { accountId: 'a', params: asksForDealer('23001') })).toEqual(['dealer_link_undecided']);
  await chosenAt(5_001);
  expect(await reasonsOf('dealer_link', { accountId: 'a', params: asksForDealer('23001') })).toEqual([]);
  expect(await reasonsOf('finalize', { accountId: 'a', params: asksForDealer('23001') })).toEqual(['link_unwritten']);
  // With another dealer's link the client has what it requested. ⑭ would write nothing, and appear forever.
  await storage.dealerLinks.create(sampleDealerLink('z', { account_id: 'a', dealer: '13001' }), eventAbout('z'));
  await chosenAt(5_000);
  for (const prompt of ['dealer_link', 'finalize'])
    expect(await reasonsOf(prompt, { accountId: 'a', params: asksForDealer() })).toEqual([]);
});

test('S108 a link that this client cannot use – failed, of a removed dealer, agreed to elsewhere – does not skip ⑩ and ⑭: both appear', async () => {
  await storage.accounts.create(sampleAccount('a'), eventAbout('a'));
  const { consent } = sampleDealerLink('l');
  const asks = async (dealer?: string) => reasonsOf('dealer_link', { accountId: 'a', params: asksForDealer(dealer) });
  const has = async (id: string, link: Partial<DealerLink>) =>
    storage.dealerLinks.create(sampleDealerLink(id, { account_id: 'a', ...link }), eventAbout(id));
  await has('failed', { dealer: '13001', status: 'failed' });
  await has('gone', { dealer: 'gone', status: 'active' });
  expect(await asks()).toEqual(['dealer_link_undecided']);
  await has('standing', { status: 'active' });
  expect([await asks(), await asks('23001'), await asks('13001')]).toEqual([[], [], ['dealer_link_undecided']]);
  client = { ...SERVICE, firstParty: false };
  expect(await asks('23001')).toEqual(['dealer_link_undecided']);
  client = { ...client, metadata: { client_id: consent.client_id } };
  expect(await asks('23001')).toEqual([]);
});

test('S104 連携する arrives after the request was cancelled: no choice, and other facts of the same form stay', async () => {
  const key = { cid: 'request', legacy: LEGACY, browserId: 'b' };
  const times = { now, requestEnds: now + 1_000 };
  await cancelChoice(records.interactionFacts, key, times);
  await writeFacts(records.interactionFacts, key, { dealer_choice: { dealer: '23001' }, continue_as: 'a' }, times);
  const facts = await readFacts(deps, key);
  expect(facts).toMatchObject({ continue_as: 'a', cancelled: true });
  for (const name of ['dealer_choice', 'earlier_choice']) expect(facts).not.toHaveProperty(name);
});

test('S106 a request opened in another browser halfway: stays with the browser in which it began', async () => {
  const bind = createInteractionBinding(deps);
  const opened = async (browser: string, uid: string): Promise<unknown> => {
    const ctx = { cookies: { get: () => browser }, state: {} } as never;
    let url: unknown;
    await bind(ctx, async () => {
      url = interactionUrl(ctx, { cid: 'request', uid, params: {}, prompt: { name: 'dealer_link' } });
    });
    return url;
  };
  expect(await opened('first', 'one')).toBe('/interaction/one/dealer-link');
  await opened('another', 'two');
  expect(await storage.interactionFacts.find('request')).toMatchObject({ browser_id: 'first', current_uid: 'two' });
});

test('S104 連携する for a dealer that was removed since: no choice, neither in this request nor in the next', async () => {
  const key = { cid: 'request', legacy: LEGACY, browserId: 'b' };
  const consent = sampleDealerLink('l').consent;
  for (const dealer of ['gone', '13001']) {
    await writeFacts(records.interactionFacts, key, { dealer_choice: { dealer, consent } }, { now, requestEnds: now + 1_000 });
    const stands = dealer === '13001';
    expect([dealer, 'dealer_choice' in (await readFacts(deps, key))]).toEqual([dealer, stands]);
    expect([dealer, 'earlier_choice' in (await readFacts(deps, { ...key, cid: 'next' }))]).toEqual([dealer, stands]);
  }
});

test('S103 an ID was registered in this request: a person who is signed in with another ID is asked to sign in, unless they chose theirs', async () => {
  for (const id of ['new', 'other']) await storage.accounts.create(sampleAccount(id), eventAbout(id));
  const asked = async (accountId: string) => reasonsOf('login', { accountId, loginTs: now / 1000 });
  await setFacts({ registration: { account_id: 'new', email: 'new@example.jp' } });
  expect([await asked('new'), await asked('other')]).toEqual([[], ['not_the_registered_account']]);
  await setFacts({ registration: { account_id: 'new', email: 'new@example.jp' }, continue_as: 'other' });
  expect(await asked('other')).toEqual([]);
});

test('S103 ⑭ was reached with an ID that is not yet final: no new ID is requested, and its person is not asked who they are', async () => {
  for (const id of ['a', 'other']) await storage.accounts.create(sampleAccount(id), eventAbout(id));
  await storage.legacyProfiles.put(LEGACY);
  await setFacts({ wants: 'registration' });
  const params = { legacy_profile: 'handed-over:handed-over' };
  expect(await reasonsOf('create', { params })).toEqual(['registration_requested']);
  const candidate = { account_id: 'a', code_challenge: 'c', at: now };
  await storage.migrations.put(sampleMigration('tanaka', { client_id: 'site', candidate }), eventAbout('tanaka'));
  expect(await reasonsOf('create', { params })).toEqual([]);
  const asked = async (accountId: string) => reasonsOf('login', { accountId, params, loginTs: now / 1000 });
  expect([await asked('a'), await asked('other')]).toEqual([[], ['person_unconfirmed']]);
  // The person wants another ID: asked again.
  await setFacts({ not_as: 'a', continue_as: 'a' });
  expect(await asked('a')).toEqual(['another_account_wanted']);
});

test("S106 ⑭ was reached with the same ID in another request: proposed again, so that this request's code counts", async () => {
  await storage.accounts.create(sampleAccount('a'), eventAbout('a'));
  await storage.legacyProfiles.put(LEGACY);
  const candidate = { account_id: 'a', code_challenge: 'this', at: now };
  await storage.migrations.put(sampleMigration('tanaka', { client_id: 'site', candidate }), eventAbout('tanaka'));
  const asked = async (code_challenge: string) =>
    reasonsOf('finalize', { accountId: 'a', params: { legacy_profile: 'handed-over:handed-over', code_challenge } });
  expect([await asked('this'), await asked('another')]).toEqual([[], ['link_unwritten']]);
});

test('S107 a code is redeemed while another request of the same person proposes the ID again: that code no longer counts', async () => {
  const account_id = 'a';
  const candidate = { account_id, code_challenge: 'first', at: now };
  const propose = async (of: object): Promise<void> => {
    const standing = await storage.migrations.find('site', 'tanaka');
    const migration = standing ?? sampleMigration('tanaka', { client_id: 'site' });
    await storage.migrations.put({ ...migration, candidate: { ...candidate, ...of } }, eventAbout('tanaka'));
  };
  await propose({});
  const migrations: Records['migrations'] = {
    ...records.migrations,
    async findByCandidateChallenge(...challenge) {
      const found = await records.migrations.findByCandidateChallenge(...challenge);
      await propose({ code_challenge: 'second' });
      return found;
    },
  };
  const finish = (from: Records['migrations'], codeChallenge: string) =>
    createFinishMigration({
      ...(deps as object),
      storage: { ...records, migrations: from },
      jobs: createJobQueue(storage.jobs, clock),
    } as never)({ clientId: 'site', accountId: account_id, codeChallenge });
  await finish(migrations, 'first');
  expect(await storage.migrations.find('site', 'tanaka')).toMatchObject({ candidate: { code_challenge: 'second' } });
  await finish(records.migrations, 'second');
  expect(await storage.migrations.find('site', 'tanaka')).toMatchObject({ account_id });
});

test('S120 a session whose password was given too long ago: the password is required, even if the session was used recently', async () => {
  await storage.accounts.create(sampleAccount('a'), eventAbout('a'));
  const ago = async (seconds: number) => reasonsOf('login', { accountId: 'a', loginTs: now / 1000 - seconds });
  expect([await ago(7_199), await ago(7_200)]).toEqual([[], ['sign_in_over']]);
  // On the account pages, too.
  const session = { accountId: 'a', uid: 's', loginTs: now / 1000 - 7_199 };
  const own = async () => currentSession({ Session: { get: async () => session } } as never, {} as never, deps);
  expect((await own())?.account).toMatchObject({ id: 'a' });
  now += 1_000;
  expect(await own()).toBeUndefined();
});
