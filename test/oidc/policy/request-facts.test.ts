// The decisions of a person in an authorization request, and which of them count in the next one, on a real database.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { cancelChoice, changeFacts, readFacts, writeFacts } from '../../../src/oidc/policy/request-facts.ts';
import { guardRecords, type Records } from '../../../src/storage/records.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/open-sqlite-storage.ts';
import type { InteractionFacts, Storage, StoredLegacyProfile } from '../../../src/storage/storage.ts';
import { eventAbout, sampleMigration } from '../../storage/conformance/samples.ts';

const NOW = 1_000_000_000;
const DAY_MS = 24 * 60 * 60 * 1000;
const LEGACY = { client_id: 'site', profile: { legacy_id: 'tanaka' } } as StoredLegacyProfile;
const REQUEST = { cid: 'request', legacy: LEGACY, browserId: 'b' };
const NEXT = { ...REQUEST, cid: 'next' };
const CHOICE = { dealer_choice: { dealer: '23001' } } as Pick<InteractionFacts, 'dealer_choice'>;
const TYPED = { typed_profile: { birthdate: '1980-01-01' } };

let directory: string;
let storage: Storage;
let records: Records;
let deps: { storage: Records; config: never };
let store: Records['interactionFacts'];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'request-facts-'));
  storage = await openSqliteStorage({ path: join(directory, 'db.sqlite'), clock: () => NOW });
  records = guardRecords(storage, () => NOW);
  store = records.interactionFacts;
  deps = { storage: records, config: { dealers: [{ code: '23001' }, { code: '13001' }] } as never };
});
afterEach(async () => {
  await storage.close();
  await rm(directory, { recursive: true });
});

type Key = Parameters<typeof readFacts>[1];
const TIMES = { now: NOW, requestEnds: NOW + 1_000 };
const write = async (change: Partial<InteractionFacts>, key: Key & { cid: string } = REQUEST): Promise<void> =>
  writeFacts(store, key, change, TIMES);
/** The facts without the fields that storage adds. */
async function read(key: Key): Promise<object> {
  const { id: _id, version: _version, expires_at: _expires, ...facts } = await readFacts(deps, key);
  return facts;
}

test('all facts count in their request; in the next one the typed values and the account count, and the choice is only shown', async () => {
  await write({ ...CHOICE, ...TYPED, continue_as: 'a', wants: 'registration' });
  expect(await read(REQUEST)).toEqual({
    ...CHOICE,
    ...TYPED,
    earlier_choice: CHOICE.dealer_choice,
    continue_as: 'a',
    wants: 'registration',
  });
  expect(await read(NEXT)).toEqual({ ...TYPED, earlier_choice: CHOICE.dealer_choice, continue_as: 'a' });
});

test('a write adds to earlier facts, and replaces those that it names', async () => {
  await write({ ...CHOICE, wants: 'registration' });
  await write({ ...TYPED, wants: 'login' });
  const both = { ...TYPED, earlier_choice: CHOICE.dealer_choice };
  expect(await read(REQUEST)).toEqual({ ...both, ...CHOICE, wants: 'login' });
  expect(await read(NEXT)).toEqual(both);
});

test('kept facts belong to this legacy user in this browser; without a browser id or a legacy user, nothing is kept', async () => {
  const nobody = { ...REQUEST, cid: 'of nobody', browserId: undefined };
  for (const key of [REQUEST, nobody, { ...nobody, browserId: 'b', legacy: undefined }]) await write({ ...TYPED }, key);
  const others: Key[] = [
    { ...NEXT, browserId: 'another' },
    { ...NEXT, browserId: undefined },
    { ...NEXT, legacy: undefined },
    { ...NEXT, legacy: { ...LEGACY, client_id: 'other-site' } },
    { ...NEXT, legacy: { ...LEGACY, profile: { ...LEGACY.profile, legacy_id: 'sato' } } },
  ];
  for (const key of others) expect(await read(key)).toEqual({});
  expect(await read({ ...NEXT, cid: undefined })).toEqual(TYPED);
});

test('kept facts live a day longer than the request; other facts leave nothing behind', async () => {
  const kept = 'legacy:site:tanaka:b';
  await write({ wants: 'registration' });
  expect(await storage.interactionFacts.find(kept)).toBeUndefined();
  await write({ ...CHOICE, wants: 'registration' });
  expect(await storage.interactionFacts.find(kept)).toMatchObject({ ...CHOICE, expires_at: NOW + DAY_MS });
  expect(await storage.interactionFacts.find(kept)).not.toHaveProperty('wants');
  expect(await storage.interactionFacts.find('request')).toMatchObject({ expires_at: NOW + 1_000 });
});

test('facts that were kept before a migration was undone do not count', async () => {
  await write({ ...TYPED, ...CHOICE });
  const undone = async (at: number): Promise<unknown> => {
    const version = (await storage.migrations.find('site', 'tanaka'))?.version ?? 0;
    return storage.migrations.put(sampleMigration('tanaka', { client_id: 'site', undone_at: at, version }), eventAbout('tanaka'));
  };
  await undone(NOW - 1);
  expect(await read(NEXT)).toHaveProperty('typed_profile');
  await undone(NOW);
  expect(await read(NEXT)).toEqual({});
});

test('only a configured dealer, or none, can be chosen', async () => {
  for (const [dealer, can] of [
    [null, true],
    ['13001', true],
    ['gone', false],
  ] as const) {
    await write({ dealer_choice: { dealer } as never });
    expect([dealer, 'dealer_choice' in (await read(REQUEST))]).toEqual([dealer, can]);
    expect([dealer, 'earlier_choice' in (await read(NEXT))]).toEqual([dealer, can]);
  }
});

test('another person continues: earlier choices and input are dropped; the same person keeps them, and so does a person who signs in first', async () => {
  await write({ ...CHOICE, ...TYPED });
  await write({ continue_as: 'a', wants: 'login' });
  expect(await read(REQUEST)).toMatchObject({ ...CHOICE, ...TYPED, continue_as: 'a' });
  await write({ continue_as: 'a' });
  expect(await read(NEXT)).toMatchObject(TYPED);
  await write({ continue_as: 'b' });
  expect(await read(REQUEST)).toEqual({ continue_as: 'b', wants: 'login' });
  expect(await read(NEXT)).toEqual({ continue_as: 'b' });
});

test('cancelled: the choice is forgotten here and for the next request, and typed values stay', async () => {
  await write({ ...CHOICE, ...TYPED });
  await cancelChoice(store, REQUEST, TIMES);
  expect(await read(REQUEST)).toEqual({ ...TYPED, cancelled: true });
  expect(await read(NEXT)).toEqual(TYPED);
  expect(await storage.interactionFacts.find('request')).toMatchObject({ expires_at: NOW + 1_000 });
  // A late request still stores its other facts.
  await write({ ...CHOICE, typed_profile: { birthdate: '1990-01-01' } });
  expect(await read(REQUEST)).toEqual({ typed_profile: { birthdate: '1990-01-01' }, cancelled: true });
  expect(await read(NEXT)).toEqual({ typed_profile: { birthdate: '1990-01-01' } });
});

test('cancelled before a choice, with a late request without a choice: the choice of another request is still shown', async () => {
  await cancelChoice(store, { ...REQUEST, legacy: undefined }, TIMES);
  await write(CHOICE, NEXT);
  await write(TYPED);
  expect(await read(REQUEST)).toEqual({ ...TYPED, cancelled: true, earlier_choice: CHOICE.dealer_choice });
});

test('facts without a decision are changed by a function of the current ones, until the request ends', async () => {
  await write({ wants: 'registration' });
  const changed = await changeFacts(store, 'request', (facts) => ({ current_uid: `${facts.wants}` }), NOW + 2_000);
  expect(changed).toMatchObject({ wants: 'registration', current_uid: 'registration' });
  expect(await storage.interactionFacts.find('request')).toMatchObject({ ...changed, expires_at: NOW + 2_000 });
  expect(await changeFacts(store, 'new', (facts) => ({ current_uid: JSON.stringify(facts) }), NOW)).toMatchObject({
    current_uid: '{}',
  });
});
