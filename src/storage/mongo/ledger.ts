// The ledger: events in one unbroken chain. An entry's `_id` is its number, so of all that write the next one exactly one does.
import { setTimeout as sleep } from 'node:timers/promises';
import { trusted } from 'mongoose';
import { FIRST_PREVIOUS_HASH, ledgerHash } from '../ledger-hash.ts';
import { StorageUnavailable } from '../storage.ts';
import type { LedgerEntry, LedgerEvent } from '../storage.ts';
import { DURABLE_INSERT } from './collections.ts';
import type { Collections, LedgerDocument, PendingEvent } from './collections.ts';
import { isDuplicateKey } from './mongo-error.ts';

/** How long processes that append at the same moment try again. */
const PATIENCE_MS = 2_500;
const LARGEST_BATCH = 200;

export type LedgerEnd = {
  /** Writes events at the end, each once however often and by whomever it is appended; answers when they are safe. */
  append(events: PendingEvent[]): Promise<void>;
  read(afterSequence: number, limit: number): Promise<LedgerEntry[]>;
};

type Waiting = { events: PendingEvent[]; resolve: () => void; reject: (error: unknown) => void };

export function createLedgerEnd({ ledger }: Pick<Collections, 'ledger'>): LedgerEnd {
  const waiting: Waiting[] = [];
  let writing = false;

  /**
   * The end is read before it is asked which events are in: an event that comes in after that question takes the number that we are
   * about to take, so our write is refused and we ask again. So none is written twice, with no index but that of `_id`.
   */
  async function appendOnce(events: PendingEvent[]): Promise<boolean> {
    const last = await ledger.findOne({}, { hash: 1 }).sort({ _id: -1 }).lean();
    const ids = events.map(({ event_id }) => event_id);
    const written = await ledger.find({ event_id: trusted({ $in: ids }) }, { event_id: 1 }).lean();
    const known = new Set(written.map(({ event_id }) => event_id));
    const entries = chain(last ?? undefined, withoutDoubles(events, known));
    if (entries.length === 0) return true;
    try {
      await ledger.insertMany(entries, DURABLE_INSERT);
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  async function appendAll(events: PendingEvent[]): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await appendOnce(events))) {
      if (performance.now() > deadline) throw new StorageUnavailable('too many processes write to the ledger');
      await sleep(Math.random() * 15);
    }
  }

  /** One append at a time in a process; what comes meanwhile goes together. */
  async function work(): Promise<void> {
    if (writing) return;
    writing = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, LARGEST_BATCH);
      try {
        await appendAll(batch.flatMap(({ events }) => events));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    writing = false;
  }

  return {
    append: (events) =>
      new Promise((resolve, reject) => {
        waiting.push({ events, resolve, reject });
        void work();
      }),
    async read(afterSequence, limit) {
      const after = ledger.find({ _id: trusted({ $gt: afterSequence }) }).sort({ _id: 1 });
      return (await after.limit(limit).lean()).map(read);
    },
  };
}

function withoutDoubles(events: PendingEvent[], known: Set<string>): PendingEvent[] {
  return [...new Map(events.map((event) => [event.event_id, event])).values()].filter(({ event_id }) => !known.has(event_id));
}

function chain(last: { _id: number; hash: string } | undefined, events: PendingEvent[]): LedgerDocument[] {
  let previous_hash = last?.hash ?? FIRST_PREVIOUS_HASH;
  let sequence = last?._id ?? 0;
  return events.map(({ event_id, type, subject, data, at }) => {
    const hash = ledgerHash(previous_hash, { type, subject, data: JSON.parse(data) as LedgerEvent['data'], at });
    const entry = { _id: ++sequence, event_id, type, subject, data, at, previous_hash, hash };
    previous_hash = hash;
    return entry;
  });
}

function read({ _id, type, subject, data, at, previous_hash, hash }: LedgerDocument): LedgerEntry {
  return { sequence: _id, type, subject, data: JSON.parse(data) as LedgerEntry['data'], at, previous_hash, hash };
}
