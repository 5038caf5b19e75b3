// A record is changed by a function of the record that stands: of calls at the same moment none is lost, and nothing that was read before
// is written over what stands.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { changeAccount } from '../../src/storage/change-account.ts';
import type { RegistrationDraft } from '../../src/domain/registration-draft.ts';
import { EXPIRING_RECORDS, expiringNames } from '../../src/storage/expiring-records.ts';
import { guardRecords, type Records } from '../../src/storage/records.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts';
import { StorageUnavailable, VersionConflict, type Storage } from '../../src/storage/storage.ts';
import { ledgerOf } from '../support/ledger-of.ts';
import { eventAbout, sampleAccount, sampleDealerLink, sampleMigration } from './conformance/samples.ts';

const clock = (): number => 5_000;
const ENDS = 10_000;
let directory: string;
let storage: Storage;
let records: Records;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'records-'));
  storage = await openSqliteStorage({ path: join(directory, 'db.sqlite'), clock });
  records = guardRecords(storage, clock);
});
afterEach(async () => {
  await storage.close();
  await rm(directory, { recursive: true });
});

const times = [...Array(20).keys()];

test('of twenty changes of one record at the same moment none is lost, whether it stood before or not', async () => {
  await storage.accounts.create(sampleAccount('a', { confirmations: {} }), eventAbout('a'));
  await Promise.all(
    times.flatMap((n) => [
      records.registrationDrafts.change('d', (draft) => ({ email: `${draft?.email ?? ''}.`, expires_at: ENDS })),
      changeAccount({ storage: records, clock }, 'a', 'account.profile_changed', (account) => ({
        ...account,
        confirmations: { ...account.confirmations, [`client-${n}`]: { confirmed_at: n, claims: [] } },
      })),
      records.dealerLinks.change('l', (link) => ({
        to: { ...(link ?? sampleDealerLink('l')), customer_number: `${link?.customer_number ?? ''}.` },
        type: 'dealer_link.accepted',
        data: { dealer: 'd' },
      })),
      records.migrations.change('site', 'm', (migration) => ({
        to: { ...(migration ?? sampleMigration('m')), dealer: { code: `${migration?.dealer?.code ?? ''}.` } },
        type: 'migration.profile_updated',
      })),
    ]),
  );
  const all = '.'.repeat(times.length);
  expect(await storage.registrationDrafts.find('d')).toMatchObject({ email: all, version: times.length });
  expect(Object.keys((await storage.accounts.find('a'))?.confirmations ?? {})).toHaveLength(times.length);
  expect(await storage.dealerLinks.find('l')).toMatchObject({ customer_number: all, version: times.length });
  expect(await storage.migrations.find('site', 'm')).toMatchObject({ dealer: { code: all }, version: times.length });
  // One event a change, and the account's creation.
  expect(await ledgerOf(storage)).toHaveLength(3 * times.length + 1);
});

test('a change cannot name another record or version than the one that stands', async () => {
  await storage.accounts.create(sampleAccount('a'), eventAbout('a'));
  await records.accounts.change('a', (account) => ({ to: { ...account, id: 'b', version: 7 }, type: 'account.profile_changed' }));
  expect(await storage.accounts.find('a')).toMatchObject({ id: 'a', version: 2 });
  expect(await storage.accounts.find('b')).toBeUndefined();

  for (const store of expiringNames()) {
    const foreign = { id: 'b', version: 7, email: 'a@example.jp', expires_at: ENDS } as never;
    for (const _ of [1, 2]) await records[store].change('a', () => ({ ...(foreign as object) }) as never);
    expect([store, await storage[store].find('a')]).toMatchObject([store, { id: 'a', version: 2 }]);
    expect(await storage[store].find('b')).toBeUndefined();
  }
  const accepted = { type: 'dealer_link.accepted', data: { dealer: 'd' } } as const;
  const started = { type: 'migration.started' } as const;
  for (const _ of [1, 2]) {
    await records.dealerLinks.change('a', () => ({ ...accepted, to: { ...sampleDealerLink('b'), version: 7 } }));
    await records.migrations.change('site', 'a', () => ({ ...started, to: { ...sampleMigration('b'), version: 7 } }));
  }
  expect(await storage.dealerLinks.find('a')).toMatchObject({ id: 'a', version: 2 });
  expect(await storage.dealerLinks.find('b')).toBeUndefined();
  expect(await storage.migrations.find('site', 'a')).toMatchObject({ client_id: 'site', legacy_id: 'a', version: 2 });
  const { client_id: clientId } = sampleMigration('b');
  expect(await storage.migrations.find(clientId, 'b')).toBeUndefined();
});

test('a change that leaves the record as it is writes nothing and says so', async () => {
  const { now } = await records.registrationDrafts.change('d', () => ({ email: 'a@example.jp', expires_at: ENDS }));
  expect(await records.registrationDrafts.change('d', (draft) => draft)).toEqual({ changed: false, now });
  expect(await records.registrationDrafts.change('d', () => undefined)).toEqual({ changed: false, now });
  expect(await records.registrationDrafts.change('none', (draft) => draft)).toEqual({ changed: false, now: undefined });
  expect(await records.accounts.change('none', (account) => ({ to: account, type: 'account.profile_changed' }))).toEqual({
    changed: false,
  });
  expect(await ledgerOf(storage)).toEqual([]);
});

test('nothing else writes these records, also not where the types are passed by', () => {
  const names = [...expiringNames(), 'accounts', 'dealerLinks', 'migrations', 'population'] as const;
  const writers = names.flatMap((name) =>
    Object.keys(records[name]).filter((key) => /^(put|update|create|change|register)/.test(key)),
  );
  expect(writers).toEqual([...expiringNames().map(() => 'change'), 'register', 'change', 'change', 'change', 'change']);
});

test('the code that the table of records names as changing them exists', () => {
  const named = Object.entries(EXPIRING_RECORDS).flatMap(([name, { changedBy }]) => changedBy.map((path) => ({ name, path })));
  const gone = named.filter(({ path }) => !existsSync(new URL(`../../src/${path}`, import.meta.url)));
  expect({ 'correct changedBy in src/storage/expiring-records.ts': gone }).toEqual({
    'correct changedBy in src/storage/expiring-records.ts': [],
  });
});

test('an account is made of a registration that is proven and pressed, in its browser, and in no other way', async () => {
  const proven = { email_canonical: 'a@example.jp', browser: 'b', at: 1 };
  const pressed: RegistrationDraft = {
    id: 'd',
    version: 1,
    terms: { version: '1', language: 'ja', accepted_at: 1 },
    email: 'A@example.jp',
    email_canonical: 'a@example.jp',
    proven,
    profile: {},
    password_hash: 'hash',
    account_id: 'a',
    registering_at: 2,
    expires_at: ENDS,
  };
  const from = { browserId: 'b', language: 'ja' };
  const { registering_at: _pressed, ...open } = pressed;
  const { proven: _proven, ...unproven } = pressed;
  for (const draft of [open, unproven, { ...pressed, email_canonical: 'victim@example.jp' }])
    await expect(records.accounts.register(draft, from, { terms: '1' })).rejects.toThrow('not complete');
  await expect(records.accounts.register(pressed, { ...from, browserId: 'c' }, { terms: '1' })).rejects.toThrow('not complete');
  expect(await storage.accounts.find('a')).toBeUndefined();
  await records.accounts.register(pressed, from, { terms: '1' });
  expect(await storage.accounts.find('a')).toMatchObject({ email: 'A@example.jp', email_canonical: 'a@example.jp', version: 1 });
  expect(await ledgerOf(storage)).toMatchObject([{ type: 'account.created', subject: 'a', data: { terms: '1' } }]);
});

test('a record that keeps changing is unavailable: nothing was written, and a retry may succeed', async () => {
  const restless = guardRecords(
    {
      ...storage,
      registrationDrafts: { ...storage.registrationDrafts, put: async () => Promise.reject(new VersionConflict()) },
    },
    clock,
  );
  await expect(restless.registrationDrafts.change('d', () => ({ expires_at: ENDS }))).rejects.toThrow(StorageUnavailable);
});
