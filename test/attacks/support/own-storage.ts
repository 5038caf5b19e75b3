// A database for the tests that call functions on it directly.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Account } from '../../../src/domain/account.ts';
import { openStorage } from '../../../src/storage/open-storage.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { eventAbout, sampleAccount } from '../../storage/conformance/samples.ts';

export type OwnStorage = { storage: Storage; close(): Promise<void> };

/** Opens the database of a URL; without one, a new SQLite file. */
export async function openOwnStorage(databaseUrl: string | undefined, clock: () => number): Promise<OwnStorage> {
  const directory = await mkdtemp(join(tmpdir(), 'own-storage-'));
  const storage = await openStorage(databaseUrl ?? `sqlite:${join(directory, 'test.sqlite')}`, clock);
  return {
    storage,
    async close() {
      await storage.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Writes an account. Returns its id. */
export async function newAccount(storage: Storage, changes: Partial<Account> = {}): Promise<string> {
  const id = randomUUID();
  await storage.accounts.create(sampleAccount(id, changes), eventAbout(id));
  return id;
}
