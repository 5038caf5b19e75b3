// Iterates over the ledger page by page, in constant memory.
import { everyEntry } from './every-entry.ts';
import { LEDGER_PARTITIONS } from './ledger-chain.ts';
import type { ClosedLedgerEntry, Ledger, LedgerAnchor, LedgerEntry } from './storage.ts';

const PAGE = 1_000;

/** Yields all entries of a partition, in order. */
export async function* everyEntryOf(ledger: Omit<Ledger, 'append'>, partition: number): AsyncGenerator<LedgerEntry> {
  yield* pages((after, limit) => ledger.read(partition, after, limit));
}

/** Yields all entries acknowledged so far, partition by partition. The entries of a subject are in order. */
export async function* everyLedgerEntry(ledger: Omit<Ledger, 'append'>): AsyncGenerator<LedgerEntry> {
  await ledger.settle();
  for (let partition = 0; partition < LEDGER_PARTITIONS; partition += 1) yield* everyEntryOf(ledger, partition);
}

/** Yields all entries of the closed ledger, in order. */
export async function* everyClosedEntry(ledger: Omit<Ledger, 'append'>): AsyncGenerator<ClosedLedgerEntry> {
  yield* pages((after, limit) => ledger.readClosed(after, limit));
}

/** Yields all anchors, in order. */
export async function* everyAnchor(ledger: Omit<Ledger, 'append'>): AsyncGenerator<LedgerAnchor> {
  yield* pages((after, limit) => ledger.anchors(after, limit));
}

function pages<T extends { sequence: number }>(read: (after: number, limit: number) => Promise<T[]>): AsyncGenerator<T> {
  return everyEntry(read, ({ sequence }) => sequence, 0, PAGE);
}
