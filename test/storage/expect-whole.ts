// What must hold of a database after whatever happened to its processes.
import { expect } from '@jest/globals';
import { FIRST_PREVIOUS_HASH, ledgerHash } from '../../src/storage/ledger-hash.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { sampleAccount } from './conformance/samples.ts';

/** Everything that storage-process.ts writes under an id is there. */
export async function expectAllOf(ids: string[], storage: Storage): Promise<void> {
  for (const id of ids) {
    expect(await storage.accounts.find(id)).toEqual(sampleAccount(id));
    expect(await storage.accounts.findByEmail(`${id}@example.jp`)).toMatchObject({ id });
    expect(await storage.dealerLinks.find(id)).toBeDefined();
    expect(await storage.jobs.find(id)).toBeDefined();
    expect(await storage.artifacts.find('AccessToken', id)).toHaveProperty('consumed');
  }
}

/** The ledger is one chain; answers of whom it tells, in order. */
export async function expectChain(storage: Storage): Promise<string[]> {
  const entries = await storage.ledger.read(0, 1_000_000);
  let previous = FIRST_PREVIOUS_HASH;
  for (const [index, entry] of entries.entries()) {
    expect(entry.sequence).toBe(index + 1);
    expect(entry.previous_hash).toBe(previous);
    expect(entry.hash).toBe(ledgerHash(previous, entry));
    previous = entry.hash;
  }
  return entries.map(({ subject }) => subject);
}

/** Each account and each link has its event, and each event its account or link. */
export async function expectNothingHalfMade(storage: Storage): Promise<void> {
  const subjects = await expectChain(storage);
  for (const id of new Set(subjects)) {
    const documents = [await storage.accounts.find(id), await storage.accounts.findByEmail(`${id}@example.jp`)];
    const link = await storage.dealerLinks.find(id);
    expect(documents[0]).toEqual(documents[1]);
    expect(subjects.filter((subject) => subject === id)).toHaveLength((documents[0] ? 1 : 0) + (link ? 1 : 0));
  }
}
