// Brings events from the documents that they tell of into the ledger.
//
// A change and its event are one atomic write: the event waits in the changed document. Whoever made the change then appends it to
// the ledger and takes it out of the document, before the change is acknowledged. Where a process dies in between, whoever finds
// the event – the next change of the document, a start, a sweep, a reader of the ledger – does the rest; doing it twice does nothing.
import { randomUUID } from 'node:crypto';
import { trusted } from 'mongoose';
import type { Model } from 'mongoose';
import type { LedgerEvent } from '../storage.ts';
import { DURABLE, RECREATABLE } from './collections.ts';
import type { Collections, PendingEvent } from './collections.ts';
import type { LedgerEnd } from './ledger.ts';

type Changed = { _id: string; events: PendingEvent[] };

const BATCH = 100;

/** The event, as it waits. */
export function pending(event: LedgerEvent, releases?: PendingEvent['releases']): PendingEvent {
  const { type, subject, data, at } = event;
  return { event_id: randomUUID(), type, subject, data: JSON.stringify(data), at, ...(releases && { releases }) };
}

export type PendingEvents = {
  /** Finishes what one document's events tell of. */
  finish(collection: 'accounts' | 'dealerLinks' | 'migrations', changed: Changed): Promise<void>;
  /** Finishes whatever was left by others. */
  finishAll(): Promise<void>;
};

export function createPendingEvents(collections: Collections, ledger: LedgerEnd): PendingEvents {
  const modelOf = (name: 'accounts' | 'dealerLinks' | 'migrations') => collections[name] as unknown as Model<Changed>;

  const finish: PendingEvents['finish'] = async (name, { _id, events }) => {
    if (events.length === 0) return;
    for (const { key, claim } of events.flatMap(({ releases = [] }) => releases)) {
      await collections.identifiers.deleteOne({ _id: key, claim }, DURABLE);
    }
    await ledger.append(events);
    // Lost in a power cut, it is done again.
    const event_id = { $in: events.map((event) => event.event_id) };
    await modelOf(name).updateOne({ _id }, { $pull: { events: { event_id } } } as never, RECREATABLE);
  };

  return {
    finish,
    async finishAll() {
      for (const name of ['accounts', 'dealerLinks', 'migrations'] as const) {
        let found: Changed[];
        do {
          const unfinished = modelOf(name).find({ 'events.event_id': trusted({ $gt: '' }) }, { events: 1 });
          found = (await unfinished.limit(BATCH).lean()) as Changed[];
          for (const changed of found) await finish(name, changed);
        } while (found.length === BATCH);
      }
    },
  };
}
