// Brings events from the documents that they tell of towards the ledger.
//
// A change and its event are one atomic write: the event waits in the changed document. The change is acknowledged when that write is
// durable; behind the answer, the process that made it brings the event into the ledger's inbox and takes it out of the document. Where the
// process dies before that, the next change of the document, a start, a sweep or a reader of the ledger does it. Doing it twice does
// nothing: the inbox has one place for an event, and the ledger takes no event that it has.
import { randomUUID } from 'node:crypto';
import { trusted } from 'mongoose';
import type { Model } from 'mongoose';
import type { EpochMilliseconds } from '../../domain/account.ts';
import type { LedgerEvent } from '../storage.ts';
import { DURABLE, RECREATABLE } from './collections.ts';
import type { Collections, PendingEvent } from './collections.ts';
import { creationOrder } from './creation-order.ts';
import { DUPLICATE_KEY } from './mongo-error.ts';
import { MAJORITY } from './read-concern.ts';

type CollectionName = 'accounts' | 'dealerLinks' | 'migrations';
type Changed = { _id: string; events: PendingEvent[] };
type Moved = { name: CollectionName; changed: Changed };

const NAMES = ['accounts', 'dealerLinks', 'migrations'] as const;
const BATCH = 200;
/** More than this is left to the sweep: a database that is away must not fill the memory. */
const MOST_WAITING = 5_000;

/** The event, as it waits. */
export function pending(event: LedgerEvent, releases?: PendingEvent['releases']): PendingEvent {
  const { type, subject, data, at } = event;
  return { event_id: randomUUID(), type, subject, data: JSON.stringify(data), at, ...(releases && { releases }) };
}

export type PendingEvents = {
  /** Frees what a document's events gave up, and puts the events on their way; does not wait until they are in the inbox. */
  finish(collection: CollectionName, changed: Changed): Promise<void>;
  /** Brings everything into the inbox that was acknowledged before, and frees what it gave up. */
  finishAll(): Promise<void>;
  /** Resolves when nothing is in progress. */
  idle(): Promise<void>;
};

/** @param onMoved is called when events have come into the inbox */
export function createPendingEvents(
  collections: Collections,
  clock: () => EpochMilliseconds,
  onMoved: () => void,
): PendingEvents {
  const modelOf = (name: CollectionName) => collections[name] as unknown as Model<Changed>;
  let waiting: Moved[] = [];
  let moving: Promise<void> | undefined;

  async function free({ events }: Changed): Promise<void> {
    for (const { key, claim } of events.flatMap(({ releases = [] }) => releases)) {
      await collections.identifiers.deleteOne({ _id: key, claim }, DURABLE);
    }
  }

  async function move(moved: Moved[]): Promise<void> {
    const events = new Map(moved.flatMap(({ changed }) => changed.events.map((event) => [event.event_id, event] as const)));
    if (events.size === 0) return;
    const now = clock();
    const documents = [...events].map(([_id, { type, subject, data, at }]) => ({
      _id,
      type,
      subject,
      data,
      at,
      made: creationOrder(now),
    }));
    try {
      await collections.ledgerInbox.insertMany(documents, { ordered: false, ...DURABLE });
    } catch (error) {
      // Another process is moving the same events.
      if (!isOnlyDuplicates(error)) throw error;
    }
    for (const name of NAMES) {
      const updates = moved
        .filter((each) => each.name === name)
        .map(({ changed: { _id, events: taken } }) => ({
          updateOne: {
            filter: { _id },
            update: { $pull: { events: { event_id: { $in: taken.map(({ event_id }) => event_id) } } } },
          },
        }));
      // If a power cut loses this write, it is repeated.
      if (updates.length > 0) await modelOf(name).bulkWrite(updates as never, { ordered: false, ...RECREATABLE });
    }
    onMoved();
  }

  /** One batch at a time; events that come meanwhile go together. */
  async function moveWaiting(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH);
      waiting = waiting.slice(BATCH);
      // Nobody waits for it, and nothing is lost: the events stand in their documents, and the next sweep finds them.
      await move(batch).catch(() => undefined);
    }
    moving = undefined;
  }

  return {
    async finish(name, changed) {
      if (changed.events.length === 0) return;
      await free(changed);
      if (waiting.length >= MOST_WAITING) return;
      waiting.push({ name, changed });
      moving ??= moveWaiting();
    },
    async finishAll() {
      await moving;
      for (const name of NAMES) {
        let found: Changed[];
        do {
          // Of a change that may still be taken back no event must come into the ledger.
          const unfinished = modelOf(name).find({ 'events.event_id': trusted({ $gt: '' }) }, { events: 1 });
          found = (await unfinished.limit(BATCH).readConcern(MAJORITY).lean()) as Changed[];
          for (const changed of found) await free(changed);
          await move(found.map((changed) => ({ name, changed })));
        } while (found.length === BATCH);
      }
    },
    async idle() {
      await moving;
    },
  };
}

/** Of an unordered `insertMany`: nothing else went wrong. */
function isOnlyDuplicates(error: unknown): boolean {
  const { writeErrors = [] } = error as { writeErrors?: { code: number }[] };
  return writeErrors.length > 0 && writeErrors.every(({ code }) => code === DUPLICATE_KEY);
}
