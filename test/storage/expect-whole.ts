// What must hold of a database after whatever happened to its processes.
import { expect } from '@jest/globals';
import type { Ledger, Storage } from '../../src/storage/storage.ts';
import { verifyLedger } from '../../src/storage/verify-ledger.ts';
import { LEDGER_KEY } from '../support/ledger-of.ts';
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

/** The ledger is sound; answers of whom it tells, those of one subject in order. */
export async function expectChain({ ledger }: Storage): Promise<string[]> {
  const subjects: string[] = [];
  // What is verified is what is answered: the entries are read once, because this is asked for thousands of times.
  const read: Ledger['read'] = async (...which) => {
    const entries = await ledger.read(...which);
    subjects.push(...entries.map(({ subject }) => subject));
    return entries;
  };
  expect((await verifyLedger({ ...ledger, read }, [LEDGER_KEY])).findings).toEqual([]);
  return subjects;
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
