// The costs of stored password hashes, on a real database.
import { expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { highestHashCost, noteHashCost } from '../../../src/authentication/password/hash-costs.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/open-sqlite-storage.ts';

test('each cost is stored once; the highest one from the current cost on is returned', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hash-costs-'));
  const storage = await openSqliteStorage({ path: join(directory, 'test.sqlite'), clock: Date.now });
  try {
    const written: string[] = [];
    const counters = {
      ...storage.counters,
      add: async (key: string, points: number, lifetimeMs: number) => {
        written.push(key);
        return storage.counters.add(key, points, lifetimeMs);
      },
    };
    expect(await highestHashCost(counters, 10)).toBe(10);
    await noteHashCost(counters, 16);
    await noteHashCost(counters, 12);
    await noteHashCost(counters, 12);
    expect([await highestHashCost(counters, 10), await highestHashCost(counters, 12)]).toEqual([16, 16]);
    expect(written).toEqual(['password-hash-cost:10', 'password-hash-cost:16', 'password-hash-cost:12']);
  } finally {
    await storage.close();
    rmSync(directory, { recursive: true });
  }
});
