// Checks that must hold for a database after any fault of its processes.
import { expect } from '@jest/globals';
import { everyEntryOf } from '../../src/storage/every-ledger-entry.ts';
import { partitionOf } from '../../src/storage/ledger-chain.ts';
import type { Ledger, Storage } from '../../src/storage/storage.ts';
import { verifyLedger } from '../../src/storage/verify-ledger.ts';
import { LEDGER_KEY } from '../support/ledger-of.ts';
import { sampleAccount } from './conformance/samples.ts';

/** Expects everything that storage-process.ts writes under an id. */
export async function expectAllOf(ids: string[], storage: Storage): Promise<void> {
  for (const id of ids) {
    expect(await storage.accounts.find(id)).toEqual(sampleAccount(id));
    expect(await storage.accounts.findByEmail(`${id}@example.jp`)).toMatchObject({ id });
    expect(await storage.dealerLinks.find(id)).toBeDefined();
    expect(await storage.jobs.find(id)).toBeDefined();
    expect(await storage.artifacts.find('AccessToken', id)).toHaveProperty('consumed');
  }
}

/** Expects a sound ledger. Returns the subjects of its entries; those of one subject are in order. */
export async function expectChain({ ledger }: Storage): Promise<string[]> {
  const subjects: string[] = [];
  // The entries are read once, for the check and for the result, because this runs thousands of times.
  const read: Ledger['read'] = async (...which) => {
    const entries = await ledger.read(...which);
    subjects.push(...entries.map(({ subject }) => subject));
    return entries;
  };
  expect((await verifyLedger({ ...ledger, read }, [LEDGER_KEY])).findings).toEqual([]);
  return subjects;
}

/** Returns how many events a subject has, without a check of the whole ledger: `expectChain` costs twenty times as much, and what it finds does not go away. */
export async function eventsAbout({ ledger }: Storage, subject: string): Promise<number> {
  await ledger.settle();
  let count = 0;
  for await (const entry of everyEntryOf(ledger, partitionOf(subject))) if (entry.subject === subject) count += 1;
  return count;
}

/** Expects an event for each account and link, and an account or a link for each event. */
export async function expectNothingHalfMade(storage: Storage): Promise<void> {
  const subjects = await expectChain(storage);
  for (const id of new Set(subjects)) {
    const documents = [await storage.accounts.find(id), await storage.accounts.findByEmail(`${id}@example.jp`)];
    const link = await storage.dealerLinks.find(id);
    expect(documents[0]).toEqual(documents[1]);
    expect(subjects.filter((subject) => subject === id)).toHaveLength((documents[0] ? 1 : 0) + (link ? 1 : 0));
  }
}
