// Moves events from the changed documents to the ledger's inbox.
//
// A change and its event are one atomic write: the event waits in the changed document. The change is acknowledged when that write is
// durable. After that, the process moves the event from the document to the ledger's inbox. If the process dies first, the next change of
// the document, a start, a sweep or a reader of the ledger does it. Moving is idempotent: the inbox has one place for each event, and the
// ledger ignores events that it already has.
import { randomUUID } from 'node:crypto';
import { trusted } from 'mongoose';
import type { Model } from 'mongoose';
import type { EpochMilliseconds } from '../../domain/account.ts';
import { fromJson, toJson } from '../../json.ts';
import type { LedgerEvent } from '../storage.ts';
import { DURABLE, RECREATABLE } from './collections.ts';
import type { Collections, PendingEvent } from './collections.ts';
import { creationOrder } from './creation-order.ts';
import { DUPLICATE_KEY } from './mongo-error.ts';
import type { FollowStep } from './population-store.ts';
import { MAJORITY } from './read-concern.ts';

type CollectionName = 'accounts' | 'dealerLinks' | 'migrations';
type Changed = { _id: string; events: PendingEvent[] };
type Moved = { name: CollectionName; changed: Changed };

const NAMES = ['accounts', 'dealerLinks', 'migrations'] as const;
const BATCH = 200;
/** Further events are left to the sweep, so that an unavailable database does not fill the memory. */
const MOST_WAITING = 5_000;

/** Returns the event in the form in which it waits. */
export function pending(event: LedgerEvent, releases?: PendingEvent['releases']): PendingEvent {
  const { type, subject, data, at, step } = event;
  const more = { ...(step && { step: toJson(step) }), ...(releases && { releases }) };
  return { event_id: randomUUID(), type, subject, data: toJson(data), at, ...more };
}

export type PendingEvents = {
  /** Frees the identifiers that a document's events release, and starts moving the events without waiting for it. */
  finish(collection: CollectionName, changed: Changed): Promise<void>;
  /** Moves all events acknowledged so far into the inbox, and frees their identifiers. */
  finishAll(): Promise<void>;
  /** Resolves when nothing is in progress. */
  idle(): Promise<void>;
};

/**
 * Creates the mover of pending events.
 * @param follow takes the steps of legacy users that events mean
 * @param onMoved is called when events have been moved into the inbox
 */
export function createPendingEvents(
  collections: Collections,
  clock: () => EpochMilliseconds,
  follow: FollowStep,
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
    // While the event is in its document, so that a step is taken even if this process dies.
    for (const { step } of events.values()) if (step) await follow(fromJson(step));
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
      if (updates.length > 0) await modelOf(name).bulkWrite(updates, { ordered: false, ...RECREATABLE });
    }
    onMoved();
  }

  /** Moves one batch at a time; events that arrive in the meantime form the next batch. */
  async function moveWaiting(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH);
      waiting = waiting.slice(BATCH);
      // No caller waits for this, and nothing is lost: the events are in their documents, where the next sweep finds them.
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
          // The event of a change that may still be rolled back must not enter the ledger.
          const unfinished = modelOf(name).find({ 'events.event_id': trusted({ $gt: '' }) }, { events: 1 });
          found = await unfinished.limit(BATCH).readConcern(MAJORITY).lean();
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

/** Whether an unordered `insertMany` failed only because of duplicates. */
function isOnlyDuplicates(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('writeErrors' in error)) return false;
  const errors: unknown[] = Array.isArray(error.writeErrors) ? error.writeErrors : [];
  return (
    errors.length > 0 &&
    errors.every((one) => typeof one === 'object' && one !== null && 'code' in one && one.code === DUPLICATE_KEY)
  );
}
