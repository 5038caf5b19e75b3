// Moves events from the inbox into the chains.
//
// One process at a time does this for all, under a lease, so that no work is wasted. The lease is only for speed: an entry's
// `_id` is its place, so of two processes that write the same place, one is refused and retries.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { trusted } from 'mongoose';
import type { EpochMilliseconds } from '../../domain/account.ts';
import { partitionOf, type LedgerChain } from '../ledger-chain.ts';
import { fromJson } from '../../json.ts';
import type { LedgerHead } from '../storage.ts';
import { DURABLE, DURABLE_INSERT, RECREATABLE } from './collections.ts';
import type { Collections } from './collections.ts';
import { entryId, type LedgerEntryDocument, type LedgerInboxDocument } from './ledger-collections.ts';
import { isDuplicateKey } from './mongo-error.ts';
import { MAJORITY } from './read-concern.ts';

/** How long events are collected before they are chained. */
const PAUSE_MS = 500;
const LEASE_MS = 10_000;
const BATCH = 1_000;

export type Sealer = {
  /** Reports that the inbox has events. They are chained soon, by this process or another one. */
  wake(): void;
  /** Chains all events that are in the inbox now. */
  sealAll(): Promise<void>;
  /** Starts no more work, and resolves when the running work has ended. */
  stop(): Promise<void>;
};

/** Creates the sealer of this process. */
export function createSealer(
  collections: Collections,
  chain: LedgerChain,
  headOf: (partition: number) => Promise<LedgerHead>,
  clock: () => EpochMilliseconds,
): Sealer {
  const { ledger, ledgerEntries, ledgerInbox, ledgerLease } = collections;
  const holder = randomUUID();
  let timer: NodeJS.Timeout | undefined;
  let sealing: Promise<void> | undefined;
  let stopped = false;

  /** Returns which of these events already have an entry. Must run after `headOf`: an event chained later takes the place that we are about to write. */
  async function findKnown(ids: string[]): Promise<Set<string>> {
    const event_id = trusted({ $in: ids });
    // If a failover rolled back such an entry, its event would be lost, because known events are removed from the inbox.
    const [entries, closed] = await Promise.all([
      ledgerEntries.find({ event_id }, { event_id: 1, _id: 0 }).readConcern(MAJORITY).lean(),
      ledger.find({ event_id }, { event_id: 1, _id: 0 }).readConcern(MAJORITY).lean(),
    ]);
    return new Set([...entries, ...closed].map((entry) => entry.event_id));
  }

  /** Returns how many events left the inbox; `undefined` if another process took a place first. */
  async function sealBatch(): Promise<number | undefined> {
    const waiting = await ledgerInbox.find({}).sort({ made: 1 }).limit(BATCH).readConcern(MAJORITY).lean();
    if (waiting.length === 0) return 0;
    const partitions = [...new Set(waiting.map(({ subject }) => partitionOf(subject)))];
    const heads = await Promise.all(partitions.map(headOf));
    const known = await findKnown(waiting.map(({ _id }) => _id));
    try {
      const entries = chainAll(
        heads,
        waiting.filter(({ _id }) => !known.has(_id)),
      );
      if (entries.length > 0) await ledgerEntries.insertMany(entries, DURABLE_INSERT);
    } catch (error) {
      if (isDuplicateKey(error)) return undefined;
      throw error;
    }
    // If a power cut loses this removal, the event is recognized as known later.
    await ledgerInbox.deleteMany({ _id: trusted({ $in: waiting.map(({ _id }) => _id) }) }, RECREATABLE);
    return waiting.length;
  }

  function chainAll(heads: LedgerHead[], events: LedgerInboxDocument[]): LedgerEntryDocument[] {
    const last = new Map<number, { sequence: number; hash: string }>(heads.map((head) => [head.partition, head]));
    return events.map(({ _id: event_id, type, subject, data, at }) => {
      const end = last.get(partitionOf(subject));
      if (!end) throw new Error('the head of the partition was not read');
      const event = { type, subject, data: fromJson(data), at, event_id };
      const { partition, sequence, ...entry } = chain.next(end, event);
      last.set(partition, { sequence, hash: entry.hash });
      return { ...entry, _id: entryId(partition, sequence), data };
    });
  }

  async function sealAll(): Promise<void> {
    for (;;) {
      const sealed = await sealBatch();
      if (sealed === undefined) await sleep(Math.random() * 20);
      else if (sealed < BATCH) return;
    }
  }

  /** Returns `false` if another process has the lease. */
  async function takeLease(): Promise<boolean> {
    const now = clock();
    const until = now + LEASE_MS;
    try {
      const free = { _id: 'sealer', until: trusted({ $lte: now }) };
      await ledgerLease.updateOne(free, { $set: { holder, until } }, { upsert: true, ...DURABLE });
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  async function sealInTurn(): Promise<void> {
    if (!(await takeLease())) {
      // The holder may have read the inbox before our events arrived, so try again while it is not empty.
      if ((await ledgerInbox.exists({}).readConcern(MAJORITY)) !== null) wake();
      return;
    }
    try {
      await sealAll();
    } finally {
      await ledgerLease.updateOne({ _id: 'sealer', holder }, { $set: { until: 0 } }, RECREATABLE);
    }
  }

  function wake(): void {
    if (timer || stopped) return;
    // Random, so that processes do not retry at the same moment.
    timer = setTimeout(
      () => {
        timer = undefined;
        // If the database is unavailable, the events wait for the next event, sweep or start.
        sealing = sealInTurn().catch(() => undefined);
      },
      PAUSE_MS * (0.5 + Math.random()),
    ).unref();
  }

  return {
    wake,
    sealAll,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await sealing;
    },
  };
}
