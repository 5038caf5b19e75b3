// Each event of the ledger is told once its write was acknowledged, for the metrics.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { tellEvents } from '../../src/storage/tell-events.ts';
import { sampleAccount, sampleDealerLink, sampleMigration } from './conformance/samples.ts';

let directory: string;
let storage: Storage;
const told: string[] = [];
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tell-events-'));
  const opened = await openSqliteStorage({ path: join(directory, 'db.sqlite'), clock: () => 1_000 });
  storage = tellEvents(opened, ({ type }) => told.push(type));
});
afterAll(async () => {
  await storage.close();
  await rm(directory, { recursive: true });
});

const event = (type: string) => ({ type, subject: 'a', data: {}, at: 1_000 });

test('each write with an event tells its type, and a refused one tells nothing', async () => {
  const { accounts, dealerLinks, migrations, ledger } = storage;
  const account = sampleAccount('a');
  await accounts.create(account, event('account made'));
  await expect(accounts.create(account, event('account made twice'))).rejects.toThrow();
  const changed = await accounts.update({ ...account, version: 1 }, event('account changed'));
  await expect(accounts.update({ ...account, version: 1 }, event('account changed too late'))).rejects.toThrow();
  await accounts.erase(changed, event('account erased'));
  const link = sampleDealerLink('a');
  await dealerLinks.create(link, event('link made'));
  const stands = await dealerLinks.update({ ...link, version: 1 }, event('link changed'));
  await dealerLinks.erase(stands, event('link erased'));
  await migrations.put(sampleMigration('m'), event('migration changed'));
  await expect(migrations.put(sampleMigration('m'), event('migration changed too late'))).rejects.toThrow();
  await ledger.append(event('happened'), 'once');
  expect(told).toEqual([
    'account made',
    'account changed',
    'account erased',
    'link made',
    'link changed',
    'link erased',
    'migration changed',
    'happened',
  ]);
});
