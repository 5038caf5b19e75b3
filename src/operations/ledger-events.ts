// The events of the ledger in order of time, page by page, for the audit.
import type { Deps } from '../deps.ts';
import { LEDGER_PARTITIONS, partitionOf } from '../storage/ledger-chain.ts';
import type { LedgerEntry } from '../storage/storage.ts';

type Reader = Pick<Deps['storage']['ledger'], 'settle' | 'read' | 'heads'>;

/** The number of the last entry that was read of each partition. */
export type LedgerPosition = number[];

export type EventFilter = {
  /** An account, link, migration or job. */
  subject?: string | undefined;
  type?: string | undefined;
  /** The name of an operator. */
  operator?: string | undefined;
};

const PAGE = 200;
/** A page looks at so many entries at most: it may be short, or empty, and still not be the last. */
export const MOST_LOOKED_AT = 5000;

/** Returns the position before the first events of a time or later. */
export async function positionAt(ledger: Reader, since: number): Promise<LedgerPosition> {
  await ledger.settle();
  const heads = await ledger.heads();
  const lengths = new Map(heads.map(({ partition, sequence }) => [partition, sequence]));
  return Promise.all(
    Array.from({ length: LEDGER_PARTITIONS }, async (_, partition) => {
      let [before, from] = [0, (lengths.get(partition) ?? 0) + 1];
      // The entries of a partition are in order of time, but for milliseconds between nodes.
      while (from - before > 1) {
        const middle = Math.floor((before + from) / 2);
        const [entry] = await ledger.read(partition, middle - 1, 1);
        if (entry && entry.at >= since) from = middle;
        else before = middle;
      }
      return before;
    }),
  );
}

/** Reads the events after a position that a filter lets through. @returns the next position; `undefined` at the end */
export async function ledgerEventsAfter(
  ledger: Reader,
  { subject, type, operator }: EventFilter,
  position: LedgerPosition,
  limit: number,
): Promise<{ events: LedgerEntry[]; next: LedgerPosition | undefined }> {
  await ledger.settle();
  const partitions =
    subject === undefined ? Array.from({ length: LEDGER_PARTITIONS }, (_, index) => index) : [partitionOf(subject)];
  const next = [...position];
  const heads = await Promise.all(partitions.map(async (partition) => readerOf(ledger, partition, position[partition] ?? 0)));
  const events: LedgerEntry[] = [];
  for (let lookedAt = 0; lookedAt < MOST_LOOKED_AT && events.length < limit; lookedAt += 1) {
    const [first] = heads.filter(({ entry }) => entry).sort((a, b) => (a.entry?.at ?? 0) - (b.entry?.at ?? 0));
    if (!first?.entry) return { events, next: undefined };
    const { entry } = first;
    next[entry.partition] = entry.sequence;
    const fits =
      (subject === undefined || entry.subject === subject) &&
      (type === undefined || entry.type === type) &&
      (operator === undefined || entry.data['operator'] === operator);
    if (fits) events.push(entry);
    await first.advance();
  }
  return { events, next: heads.some(({ entry }) => entry) ? next : undefined };
}

/** Reads one partition forward, a page at a time. */
async function readerOf(ledger: Reader, partition: number, after: number) {
  let page = await ledger.read(partition, after, PAGE);
  const reader = {
    entry: page.shift(),
    async advance(): Promise<void> {
      const last = reader.entry?.sequence ?? after;
      if (page.length === 0) page = await ledger.read(partition, last, PAGE);
      reader.entry = page.shift();
    },
  };
  return reader;
}
