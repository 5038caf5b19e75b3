// The ledger: reads the chains, and accepts events. pending-events.ts and seal-ledger.ts bring events into the chains.
import { trusted } from 'mongoose';
import type { EpochMilliseconds } from '../../domain/account.ts';
import { NO_CLOSED_LEDGER, readLedgerData, walkClosedLedger } from '../closed-ledger.ts';
import { LEDGER_PARTITIONS, occurrenceId } from '../ledger-chain.ts';
import { toJson } from '../../json.ts';
import type { ClosedLedgerEntry, Ledger, LedgerAnchor, LedgerEntry, LedgerHead, LedgerOrigin } from '../storage.ts';
import { DURABLE_INSERT, RECREATABLE } from './collections.ts';
import type { Collections } from './collections.ts';
import {
  entryId,
  placeOfEntry,
  type ClosedLedgerDocument,
  type LedgerAnchorDocument,
  type LedgerEntryDocument,
} from './ledger-collections.ts';
import { creationOrder } from './creation-order.ts';
import { isDuplicateKey } from './mongo-error.ts';
import type { FollowStep } from './population-store.ts';
import { MAJORITY } from './read-concern.ts';

const ORIGIN = 1;

export type LedgerReads = Pick<Ledger, 'read' | 'heads' | 'origin' | 'readClosed' | 'anchors' | 'lastAnchor'> & {
  headOf(partition: number): Promise<LedgerHead>;
};

/** Creates the functions that read the ledger. */
export function createLedgerReads(collections: Collections): LedgerReads {
  const { ledger, ledgerEntries, ledgerOrigin, ledgerAnchors } = collections;

  async function origin(): Promise<LedgerOrigin> {
    const found = await ledgerOrigin.findOne({ _id: ORIGIN }, { _id: 0 }).readConcern(MAJORITY).lean();
    return found ? { sequence: found.sequence, hash: found.hash, finding: found.finding } : NO_CLOSED_LEDGER;
  }

  async function headOf(partition: number): Promise<LedgerHead> {
    const _id = trusted({ $gt: entryId(partition, 0), $lt: entryId(partition + 1, 0) });
    // An entry after one that a failover rolls back would break the chain.
    const last = await ledgerEntries.findOne({ _id }, { hash: 1 }).sort({ _id: -1 }).readConcern(MAJORITY).lean();
    if (!last) return { partition, sequence: 0, hash: (await origin()).hash };
    return { partition, sequence: placeOfEntry(last._id).sequence, hash: last.hash };
  }

  return {
    origin,
    headOf,
    heads: async () => Promise.all(Array.from({ length: LEDGER_PARTITIONS }, async (_, partition) => headOf(partition))),
    async read(partition, afterSequence, limit) {
      const _id = trusted({ $gt: entryId(partition, afterSequence), $lt: entryId(partition + 1, 0) });
      const found = ledgerEntries.find({ _id }).sort({ _id: 1 }).limit(limit).readConcern(MAJORITY);
      return (await found.lean()).map(readEntry);
    },
    async readClosed(afterSequence, limit) {
      const found = ledger.find({ _id: trusted({ $gt: afterSequence }) }).sort({ _id: 1 });
      return (await found.limit(limit).readConcern(MAJORITY).lean()).map(readClosedEntry);
    },
    async anchors(afterSequence, limit) {
      const found = ledgerAnchors.find({ _id: trusted({ $gt: afterSequence }) }).sort({ _id: 1 });
      return (await found.limit(limit).readConcern(MAJORITY).lean()).map(readAnchor);
    },
    async lastAnchor() {
      const found = await ledgerAnchors.findOne({}).sort({ _id: -1 }).readConcern(MAJORITY).lean();
      return found ? readAnchor(found) : undefined;
    },
  };
}

export type LedgerWrites = Pick<Ledger, 'append' | 'addAnchor'>;

/**
 * Creates the functions that write events and anchors.
 * @param follow takes the step of a legacy user that an event means
 * @param onAppended is called when an event is in the inbox
 */
export function createLedgerWrites(
  { ledgerInbox, ledgerAnchors }: Collections,
  clock: () => EpochMilliseconds,
  follow: FollowStep,
  onAppended: () => void,
): LedgerWrites {
  return {
    async append({ type, subject, data, at, step }, occurrence) {
      if (step) await follow(step);
      const event = { _id: occurrenceId(type, occurrence), type, subject, data: toJson(data), at, made: creationOrder(clock()) };
      try {
        await ledgerInbox.insertMany([event], { ordered: true, ...RECREATABLE });
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
      onAppended();
    },
    async addAnchor({ sequence, document }) {
      try {
        await ledgerAnchors.insertMany([{ _id: sequence, document }], DURABLE_INSERT);
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },
  };
}

/**
 * Checks and closes the chain of earlier versions, once. The partitions start with its last hash. A broken chain is closed as well. First
 * stop the processes of the earlier version: otherwise they keep writing to it, which `ledger verify` reports.
 */
export async function closeLedger({ ledger, ledgerEntries, ledgerOrigin }: Collections): Promise<void> {
  const isThere = async (query: { readConcern(level: 'majority'): PromiseLike<unknown> }) =>
    (await query.readConcern(MAJORITY)) !== null;
  if ((await isThere(ledgerOrigin.exists({ _id: ORIGIN }))) || !(await isThere(ledger.exists({})))) return;
  if (await isThere(ledgerEntries.exists({}))) return;
  const walk = walkClosedLedger();
  const all = ledger.find({}).sort({ _id: 1 }).readConcern(MAJORITY).lean().cursor({ batchSize: 1_000 });
  for await (const document of all) walk.add(readClosedEntry(document));
  try {
    await ledgerOrigin.insertMany([{ _id: ORIGIN, ...walk.end() }], DURABLE_INSERT);
  } catch (error) {
    // Another process closed it at the same moment.
    if (!isDuplicateKey(error)) throw error;
  }
}

function readEntry({ _id, data, event_id, type, subject, at, key_id, previous_hash, hash }: LedgerEntryDocument): LedgerEntry {
  return { ...placeOfEntry(_id), event_id, type, subject, data: readLedgerData(data), at, key_id, previous_hash, hash };
}

function readClosedEntry({ _id, type, subject, data, at, previous_hash, hash }: ClosedLedgerDocument): ClosedLedgerEntry {
  return { sequence: _id, type, subject, data: readLedgerData(data), at, previous_hash, hash };
}

const readAnchor = ({ _id, document }: LedgerAnchorDocument): LedgerAnchor => ({ sequence: _id, document });
