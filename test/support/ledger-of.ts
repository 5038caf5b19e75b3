// Reads the ledger of a test's storage, and has the ledger key for storages without one.
import { deriveKey } from '../../src/domain/derive-key.ts';
import { everyLedgerEntry } from '../../src/storage/every-ledger-entry.ts';
import type { LedgerEntry, Storage } from '../../src/storage/storage.ts';

export const LEDGER_KEY = deriveKey('the key of the ledger in the tests', 'chain of the ledger');

/** All entries, partition by partition; those of one subject in order. */
export async function ledgerOf({ ledger }: Pick<Storage, 'ledger'>): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for await (const entry of everyLedgerEntry(ledger)) entries.push(entry);
  return entries;
}
