// Attacks on the ceremonies of passkeys, with an authenticator that lies; on both databases: docs/attacks.md, S142–S147 and S152.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Deps } from '../../src/deps.ts';
import type { Account } from '../../src/domain/account.ts';
import { NEVER } from '../../src/domain/epoch-milliseconds.ts';
import { CHALLENGE_LIFETIME_MS, MOST_PASSKEYS, passkeyDigest } from '../../src/domain/passkey.ts';
import type { PasskeyCeremony } from '../../src/authentication/passkey/challenges.ts';
import {
  addPasskey,
  creationOptions,
  removePasskey,
  renamePasskey,
} from '../../src/authentication/passkey/passkeys-of-account.ts';
import {
  createPasskeySignIns,
  passkeyMethod,
  type PasskeySignIn,
} from '../../src/authentication/passkey/sign-in-with-passkey.ts';
import { createSettleUserHandle } from '../../src/authentication/passkey/settle-user-handle.ts';
import { createJobQueue } from '../../src/jobs/job-queue.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { guardRecords } from '../../src/storage/records.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { eventAbout, sampleAccount } from '../storage/conformance/samples.ts';
import {
  createSoftwareAuthenticator,
  type AuthenticatorOptions,
  type Lies,
  type SoftwareAuthenticator,
} from '../support/software-authenticator.ts';
import { ledgerOf } from '../support/ledger-of.ts';
import { dyingAfter } from './support/dying-storage.ts';
import { describeOnMongo } from './support/mongo-database.ts';
import { noEmit } from '../support/no-emit.ts';

jest.setTimeout(60_000);

const ISSUER = 'https://id.example';
const PLACE = { rpId: 'id.example', origin: ISSUER };
const LEXUS = 'https://id.lexus.example';
const LOGIN: PasskeyCeremony = { browserId: 'browser', purpose: 'login:request' };
const ADD: PasskeyCeremony = { browserId: 'browser', purpose: 'add:a:session' };

const folder = mkdtempSync(join(tmpdir(), 'passkeys-'));
let files = 0;
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

describe('on SQLite', () => {
  const newFile = (): string => {
    files += 1;
    return `sqlite:${join(folder, `${files}.sqlite`)}`;
  };
  ceremonies(newFile);
  races(newFile);
});
describeOnMongo(({ url, renew }) => {
  beforeEach(renew);
  races(url);
});

/** A database with the accounts a and b, for each test. */
function useAccounts(urlOf: () => string) {
  const clock = { now: 0 };
  /** Two processes on one database. */
  const nodes: Deps[] = [];
  /** The accounts of the failed sign-ins. */
  const noted: string[] = [];
  let storages: Storage[];
  beforeEach(async () => {
    clock.now = Date.UTC(2026, 10, 1);
    const url = urlOf();
    storages = [];
    noted.length = 0;
    for (const _ of [1, 2]) storages.push(await openStorage(url, () => clock.now));
    const made = storages.map((storage) => {
      const jobs = createJobQueue(storage.jobs, () => clock.now);
      const config = {
        issuer: ISSUER,
        passkeyOrigins: [LEXUS],
        rateLimits: { login: { failuresPerAddress: 1000, failuresPerNetwork: 1000, windowSeconds: 900 } },
      };
      const log = { warn: () => undefined };
      const failures = { failedSignIns: { note: (id: string) => void noted.push(id) }, regionOf: () => undefined, emit: noEmit };
      return {
        storage: guardRecords(storage, () => clock.now),
        clock: () => clock.now,
        jobs,
        config,
        log,
        ...failures,
      } as unknown as Deps;
    });
    nodes.splice(0, nodes.length, ...made);
    for (const id of ['a', 'b']) await storages[0]?.accounts.create(sampleAccount(id), eventAbout(id));
  });
  afterEach(async () => {
    await Promise.all(storages.map(async (storage) => storage.close()));
  });

  const node = (): Deps => nodes[0] as Deps;
  const account = async (id: string): Promise<Account> => (await node().storage.accounts.find(id)) as Account;
  const mailsOwed = async (id: string): Promise<string[]> =>
    (await account(id)).mails_owed?.flatMap(({ mails }) => mails.map(({ template }) => template)) ?? [];

  async function create(id: string, authenticator: SoftwareAuthenticator, lies: Lies = {}): Promise<Account | undefined> {
    const owner = await account(id);
    const options = (await creationOptions(node(), ADD, owner)) as { challenge: string; user: { id: string } };
    return addPasskey(node(), ADD, owner, { text: authenticator.create(options, lies), name: 'Phone' });
  }
  async function withPasskey(id: string, options: Partial<AuthenticatorOptions> = {}): Promise<SoftwareAuthenticator> {
    const authenticator = createSoftwareAuthenticator({ ...PLACE, ...options });
    expect(await create(id, authenticator)).toBeDefined();
    return authenticator;
  }
  const challenge = async (ceremony = LOGIN) => (await createPasskeySignIns(node()).options(ceremony)) as { challenge: string };
  const present = async (text: string, ceremony = LOGIN, at = node()): Promise<PasskeySignIn> =>
    createPasskeySignIns(at).signIn(ceremony, text, { ip: '192.0.2.1', userAgent: '' });
  const signIn = async (authenticator: SoftwareAuthenticator, lies: Lies = {}): Promise<string | undefined> =>
    (await present(authenticator.get(await challenge(), lies))).account?.id;

  return { clock, nodes, noted, node, account, mailsOwed, create, withPasskey, challenge, present, signIn };
}

function ceremonies(urlOf: () => string): void {
  const { clock, noted, node, account, mailsOwed, create, withPasskey, challenge, present, signIn } = useAccounts(urlOf);

  test.each([
    ['ES256', false, 'device_passkey'],
    ['EdDSA', true, 'synced_passkey'],
    ['RS256', false, 'device_passkey'],
  ] as const)('a passkey with %s (synchronized: %s) signs in as %s, and its use is stored', async (algorithm, synced, method) => {
    const authenticator = await withPasskey('a', { algorithm, synced, counter: 5 });
    clock.now += 1000;
    const found = await present(authenticator.get(await challenge()));
    expect(found.account?.id).toBe('a');
    const [stored] = (await account('a')).passkeys ?? [];
    expect(stored).toMatchObject({
      counter: 6,
      last_used_at: clock.now,
      backed_up: synced,
      transports: ['internal'],
      name: 'Phone',
    });
    expect(passkeyMethod(stored as never)).toBe(method);
    // The handle is not the account's id, and leads to it.
    const { user_handle: handle = '' } = await account('a');
    expect(handle).toMatch(/^[\w-]{43}$/);
    expect(await node().storage.passkeyOwners.find(handle)).toMatchObject({ account_id: 'a' });
  });

  test('S143 an assertion in another browser, for another request, or after five minutes: refused; the person can still use it in time', async () => {
    const authenticator = await withPasskey('a');
    const text = authenticator.get(await challenge());
    const others: PasskeyCeremony[] = [
      { browserId: 'other', purpose: 'login:request' },
      { browserId: 'browser', purpose: 'login:other' },
      { browserId: 'browser', purpose: 'again:a:session' },
    ];
    for (const other of others) expect(await present(text, other)).toEqual({ unknownId: undefined });
    const late = authenticator.get(await challenge());
    clock.now += CHALLENGE_LIFETIME_MS - 1;
    // A newer challenge does not make the older ones last longer.
    await challenge();
    expect((await present(text)).account?.id).toBe('a');
    clock.now += 1;
    expect(await present(late)).toEqual({ unknownId: undefined });
    // A challenge of nobody's.
    expect(await signIn(authenticator, { challenge: 'A'.repeat(43) })).toBeUndefined();
  });

  test('S143 many challenges for one page: the newest four are open', async () => {
    const authenticator = await withPasskey('a');
    const texts: string[] = [];
    for (let n = 0; n < 6; n += 1) texts.push(authenticator.get(await challenge()));
    const found: (string | undefined)[] = [];
    for (const text of texts) found.push((await present(text)).account?.id);
    expect(found).toEqual([undefined, undefined, 'a', 'a', 'a', 'a']);
  });

  const other = createSoftwareAuthenticator(PLACE);
  const lies: [string, Lies][] = [
    ['another origin', { origin: 'https://id.example.evil.example' }],
    ['the origin with another port', { origin: `${ISSUER}:8443` }],
    ['another RP ID', { rpId: 'evil.example' }],
    ['a page in a foreign frame', { crossOriginIn: 'https://evil.example' }],
    ['no user verification', { userVerified: false }],
    ['no user presence', { userPresent: false }],
    ['the type of the other ceremony', { type: 'webauthn.x' }],
  ];
  test.each(lies)('S144 an authenticator answers with %s: no sign-in, and no passkey', async (_, lie) => {
    const authenticator = await withPasskey('a');
    expect(await signIn(authenticator, lie)).toBeUndefined();
    expect(await create('a', createSoftwareAuthenticator(PLACE), lie)).toBeUndefined();
    expect((await account('a')).passkeys).toHaveLength(1);
    expect(await signIn(authenticator)).toBe('a');
  });

  test('S144 a signature of another key, and an answer that is not one: no sign-in', async () => {
    const authenticator = await withPasskey('a');
    expect(await signIn(authenticator, { signWith: other.privateKey })).toBeUndefined();
    const whole = JSON.parse(authenticator.get(await challenge())) as { response: Record<string, unknown> };
    const broken = [
      '',
      'null',
      '[]',
      '{"__proto__":{}}',
      JSON.stringify({ ...whole, id: 5 }),
      JSON.stringify({ ...whole, type: 'password' }),
      JSON.stringify({ ...whole, response: { ...whole.response, clientDataJSON: 'e30' } }),
      JSON.stringify({ ...whole, response: { ...whole.response, authenticatorData: 'AA' } }),
      JSON.stringify({ ...whole, response: { ...whole.response, signature: ['AA'] } }),
      JSON.stringify({ ...whole, more: 'x'.repeat(9_000) }),
    ];
    for (const text of broken) {
      expect((await present(text)).account).toBeUndefined();
      expect(await addPasskey(node(), ADD, await account('a'), { text, name: '' })).toBeUndefined();
    }
  });

  test('S145 an attestation under the id of another passkey: not added', async () => {
    const foreign = await withPasskey('b');
    expect(await create('a', createSoftwareAuthenticator(PLACE), { id: foreign.id })).toBeUndefined();
    expect((await account('a')).passkeys).toBeUndefined();
  });

  test('S145 a first passkey with a handle that leads to another account: not added, and the handle still leads there', async () => {
    const owner = await account('a');
    const options = (await creationOptions(node(), ADD, owner)) as { challenge: string; user: { id: string } };
    await node().storage.passkeyOwners.change(options.user.id, () => ({ account_id: 'b', expires_at: NEVER }));
    const text = createSoftwareAuthenticator(PLACE).create(options);
    expect(await addPasskey(node(), ADD, owner, { text, name: '' })).toBeUndefined();
    expect((await account('a')).passkeys).toBeUndefined();
    expect(await node().storage.passkeyOwners.find(options.user.id)).toMatchObject({ account_id: 'b' });
  });

  test('S145 a handle whose owner was lost, and a second passkey that is refused: the handle leads to its account again', async () => {
    const first = await withPasskey('a');
    const owner = await account('a');
    await node().storage.passkeyOwners.remove(owner.user_handle ?? '');
    expect(await signIn(first)).toBeUndefined();
    const options = (await creationOptions(node(), ADD, owner)) as { challenge: string; user: { id: string } };
    const text = createSoftwareAuthenticator(PLACE).create(options);
    const ended = { ...owner, sign_ins_ended_at: 1 };
    expect(await addPasskey(node(), ADD, ended, { text, name: '' })).toBeUndefined();
    expect(await signIn(first)).toBe('a');
  });

  test('S144 a related origin of the configuration: accepted', async () => {
    expect(await signIn(await withPasskey('a'), { origin: LEXUS })).toBe('a');
  });

  test('S145 the passkey of one account with the handle of another, or with none: refused', async () => {
    const [own, foreign] = [await withPasskey('a'), await withPasskey('b')];
    const [a, b] = [await account('a'), await account('b')];
    expect(await signIn(own, { userHandle: b.user_handle })).toBeUndefined();
    expect(await signIn(foreign, { userHandle: a.user_handle })).toBeUndefined();
    expect(await signIn(own, { id: foreign.id })).toBeUndefined();
    expect(await signIn(own, { id: foreign.id, userHandle: b.user_handle })).toBeUndefined();
    expect(await signIn(own, { userHandle: undefined })).toBeUndefined();
    expect(await signIn(own, { userHandle: 'A'.repeat(43) })).toBeUndefined();
    // A handle that leads to the account and is not its own, as after a first passkey that was not completed.
    const old = 'B'.repeat(43);
    await node().storage.passkeyOwners.change(old, () => ({ account_id: 'a', expires_at: NEVER }));
    expect(await signIn(own, { userHandle: old })).toBeUndefined();
    // The id of the account is no handle.
    expect(await signIn(own, { userHandle: 'a' })).toBeUndefined();
    expect([await signIn(own), await signIn(foreign)]).toEqual(['a', 'b']);
  });

  test('S146 a removed passkey: refused, also if it is removed during the sign-in; the browser is told', async () => {
    const authenticator = await withPasskey('a');
    const text = authenticator.get(await challenge());
    const slow = { ...node(), storage: { ...node().storage, accounts: removing(authenticator.id) } };
    expect(await present(text, LOGIN, slow)).toEqual({ unknownId: undefined });
    expect(await present(authenticator.get(await challenge()))).toEqual({ unknownId: authenticator.id });
    expect(await mailsOwed('a')).toEqual(['passkey-added', 'passkey-removed']);
  });
  /** Accounts from which the passkey is removed right after it was read. */
  const removing = (id: string): Deps['storage']['accounts'] => ({
    ...node().storage.accounts,
    find: async (accountId) => {
      const found = await node().storage.accounts.find(accountId);
      if (found) await removePasskey(node(), found, id);
      return found;
    },
  });

  test('S146 a disabled account: refused like a wrong signature', async () => {
    const authenticator = await withPasskey('a');
    await node().storage.accounts.change('a', (standing) => ({
      to: { ...standing, disabled_at: clock.now },
      type: 'account.profile_changed',
    }));
    expect(await present(authenticator.get(await challenge()))).toEqual({ unknownId: undefined });
    // The owner sees it in the history.
    expect(noted).toEqual(['a']);
  });

  test.each([
    ['bound to one device', false, undefined],
    ['synchronized', true, 'a'],
  ] as const)(
    'S147 the counter of a passkey that is %s goes back: the owner gets a mail; signed in: %s → %s',
    async (_, synced, signedIn) => {
      const authenticator = await withPasskey('a', { synced, counter: 10 });
      expect(await signIn(authenticator)).toBe('a');
      expect(await mailsOwed('a')).toEqual(['passkey-added']);
      // The counter stays the same, and goes back.
      for (const counter of [11, 3]) expect(await signIn(authenticator, { counter })).toBe(signedIn);
      expect(await mailsOwed('a')).toEqual(['passkey-added', 'passkey-counter', 'passkey-counter']);
      const events = (await ledgerOf(node().storage)).map(({ type }) => type).filter((type) => type.includes('passkey'));
      const [added, used, back] = ['account.passkey_added', 'account.passkey_used', 'account.passkey_counter_back'];
      expect(events).toEqual([added, used, back, back]);
      expect(await signIn(authenticator, { counter: 12 })).toBe('a');
    },
  );

  test.each([
    ['a new password', { sign_ins_ended_at: Date.UTC(2026, 10, 1) }],
    ['the account is disabled', { disabled_at: Date.UTC(2026, 10, 1) }],
  ])('S148 %s between the page and the answer: no passkey is added', async (_, change) => {
    const owner = await account('a');
    const options = (await creationOptions(node(), ADD, owner)) as { challenge: string; user: { id: string } };
    await node().storage.accounts.change('a', (standing) => ({
      to: { ...standing, ...change },
      type: 'account.password_changed',
    }));
    const text = createSoftwareAuthenticator(PLACE).create(options);
    expect(await addPasskey(node(), ADD, owner, { text, name: '' })).toBeUndefined();
    expect((await account('a')).passkeys).toBeUndefined();
    expect(await node().storage.passkeyOwners.find(options.user.id)).toBeUndefined();
  });
}

function races(urlOf: () => string): void {
  const { clock, nodes, node, account, mailsOwed, create, withPasskey, challenge, present } = useAccounts(urlOf);

  test('S142 the same assertion again, in parallel and on two nodes: it signs in once', async () => {
    const authenticator = await withPasskey('a');
    const text = authenticator.get(await challenge());
    const answers = await Promise.all([...nodes, ...nodes, ...nodes].map(async (at) => present(text, LOGIN, at)));
    expect(answers.filter(({ account }) => account)).toHaveLength(1);
    expect(await present(text)).toEqual({ unknownId: undefined });
  });

  test('S142 the same attestation again, and with two challenges: it adds one passkey, with one event and one mail', async () => {
    const authenticator = createSoftwareAuthenticator(PLACE);
    const owner = await account('a');
    const options = (await creationOptions(node(), ADD, owner)) as { challenge: string; user: { id: string } };
    const text = authenticator.create(options);
    const added = await Promise.all([...nodes, ...nodes].map(async (at) => addPasskey(at, ADD, owner, { text, name: 'Phone' })));
    expect(added.filter(Boolean)).toHaveLength(1);
    expect(await create('a', authenticator)).toBeUndefined();
    expect((await account('a')).passkeys).toHaveLength(1);
    expect(await mailsOwed('a')).toEqual(['passkey-added']);
  });

  test('S152 the process dies at each write of the first passkey: no handle stays that the account does not know', async () => {
    for (let writes = 0; writes < 10; writes += 1) {
      const owner = await account('a');
      const options = (await creationOptions(node(), ADD, owner)) as { challenge: string; user: { id: string } };
      const text = createSoftwareAuthenticator(PLACE).create(options);
      const { storage, died } = dyingAfter(node().storage as unknown as Storage, writes);
      const dying = { ...node(), storage, jobs: createJobQueue(storage.jobs, () => clock.now) } as unknown as Deps;
      const added = await addPasskey(dying, ADD, owner, { text, name: '' }).catch(() => undefined);
      clock.now += 2 * 60_000;
      for (const job of await node().storage.jobs.lease(10, 60_000, 'settle_user_handle'))
        await createSettleUserHandle(node()).run(job.payload as never, job, new AbortController().signal);
      const { user_handle: known } = await account('a');
      expect([writes, (await node().storage.passkeyOwners.find(options.user.id)) !== undefined]).toEqual([
        writes,
        known === options.user.id,
      ]);
      if (added || known !== undefined) {
        expect(known).toBe(options.user.id);
        return;
      }
      expect(died()).toBe(true);
    }
    throw new Error('more writes than expected');
  });

  test('S152 the first passkeys in two tabs at once: one is added, and the handle of the other leads nowhere', async () => {
    const owner = await account('a');
    const tabs = [];
    for (const at of nodes) {
      const options = (await creationOptions(node(), ADD, owner)) as { challenge: string; user: { id: string } };
      tabs.push({ at, options, text: createSoftwareAuthenticator(PLACE).create(options) });
    }
    const added = await Promise.all(tabs.map(async ({ at, text }) => addPasskey(at, ADD, owner, { text, name: '' })));
    expect(added.filter(Boolean)).toHaveLength(1);
    const { user_handle: handle, passkeys } = await account('a');
    expect(passkeys).toHaveLength(1);
    const found = await Promise.all(tabs.map(async ({ options }) => node().storage.passkeyOwners.find(options.user.id)));
    expect(found.map((owner) => owner?.id).filter(Boolean)).toEqual([handle]);
  });

  test('S152 changes of several passkeys at once: none is lost, each has one event and one mail, and there are never too many', async () => {
    const first = [];
    for (let n = 0; n < 3; n += 1) first.push(await withPasskey('a'));
    const [removed, renamed, used] = first as [SoftwareAuthenticator, SoftwareAuthenticator, SoftwareAuthenticator];
    const assertion = used.get(await challenge());
    const owner = await account('a');
    const twice = async <T>(change: (at: Deps) => Promise<T>): Promise<T[]> => Promise.all(nodes.map(change));
    const [removals, renames, sessions] = await Promise.all([
      twice(async (at) => removePasskey(at, owner, removed.id)),
      twice(async (at) => renamePasskey(at, 'a', renamed.id, 'Tablet')),
      twice(async (at) => present(assertion, LOGIN, at)),
    ]);
    expect([removals, renames, sessions.map(({ account }) => account)].map((all) => all.filter(Boolean).length)).toEqual([
      1, 1, 1,
    ]);
    const { passkeys = [] } = await account('a');
    expect(passkeys.map(({ id, name, last_used_at: at }) => [id, name, at])).toEqual([
      [renamed.id, 'Tablet', undefined],
      [used.id, 'Phone', clock.now],
    ]);
    expect((await mailsOwed('a')).toSorted()).toEqual([
      'passkey-added',
      'passkey-added',
      'passkey-added',
      'passkey-removed',
      'passkey-renamed',
    ]);
    await node().storage.accounts.change('a', (standing) => {
      const [one = passkeys[0]] = standing.passkeys ?? [];
      const many = Array.from({ length: MOST_PASSKEYS - 1 }, (_, n) => ({ ...one, id: `id-${n}` }));
      return { to: { ...standing, passkeys: many as never }, type: 'account.profile_changed' };
    });
    const tabs = await Promise.all(
      nodes.map(async (at) => {
        const owner = await account('a');
        const options = (await creationOptions(node(), ADD, owner)) as { challenge: string; user: { id: string } };
        return addPasskey(at, ADD, owner, { text: createSoftwareAuthenticator(PLACE).create(options), name: '' });
      }),
    );
    expect(tabs.filter(Boolean)).toHaveLength(1);
    expect((await account('a')).passkeys).toHaveLength(MOST_PASSKEYS);
    expect(passkeyDigest(used.id)).toMatch(/^[0-9a-f]{16}$/);
  });
}
