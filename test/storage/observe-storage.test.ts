// Metrics and traces see the operations of the storage by few names.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { observeStorage } from '../../src/storage/observe-storage.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';

const seen: string[] = [];
let directory: string;
let plain: Storage;
let storage: Storage;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'observed-'));
  plain = await openSqliteStorage({ path: join(directory, 'a.sqlite'), clock: () => 1_000 });
  storage = observeStorage(plain, (operation) => async (call) => {
    seen.push(operation);
    return call();
  });
});
afterAll(async () => {
  await storage.close();
  await rm(directory, { recursive: true });
});

test('every operation is seen once, with its result and its errors; stores of records that expire share a name', async () => {
  await storage.artifacts.save('Session', 's', { a: 1 }, 2_000);
  expect(await storage.artifacts.find('Session', 's')).toEqual({ a: 1 });
  await storage.interactionFacts.put({ id: 'f', version: 0, expires_at: 2_000 });
  await expect(storage.interactionFacts.put({ id: 'f', version: 7, expires_at: 2_000 })).rejects.toThrow('another write');
  await storage.ping();
  expect(seen.splice(0)).toEqual(['artifacts.save', 'artifacts.find', 'expiring.put', 'expiring.put', 'ping']);
  const shape = (of: object): unknown[] =>
    Object.entries(of).map(([name, member]) => [
      name,
      typeof member === 'object' && member !== null ? shape(member as object) : typeof member,
    ]);
  expect(new Map(shape(storage) as [string, unknown][])).toEqual(new Map(shape(plain) as [string, unknown][]));
});

test('the load of SQLite: waiting writes, and the sizes of the file and its log', async () => {
  const writes = Array.from({ length: 5 }, async (_, n) => storage.artifacts.save('Grant', String(n), {}, 2_000));
  expect(await storage.load()).toMatchObject({ fileBytes: expect.any(Number), logBytes: expect.any(Number) });
  await Promise.all(writes);
  const { waiting, logBytes = 0 } = await storage.load();
  expect(waiting).toBe(0);
  expect(logBytes).toBeGreaterThan(0);
  expect(seen).not.toContain('load');
});
