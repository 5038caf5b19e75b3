// The collections of the ledger. They need no global order except that of `_id`, so each may be sharded by its hash.
import type { IndexDefinition, IndexOptions, Model } from 'mongoose';
import type { Json } from '../../json.ts';
import type { ClosedLedgerEntry, LedgerEntry, LedgerEvent, LedgerOrigin } from '../storage.ts';

/** `data` is stored as JSON text. */
type Stored<T extends Omit<LedgerEvent, 'step'>> = Omit<T, 'data' | 'step'> & { data: Json<LedgerEvent['data']> };

export type ClosedLedgerDocument = Omit<Stored<ClosedLedgerEntry>, 'sequence'> & {
  /** The sequence number. */
  _id: number;
  event_id: string;
};
/** The `_id` is the partition and sequence number, so exactly one of parallel writers writes the next entry of a partition. */
export type LedgerEntryDocument = Omit<Stored<LedgerEntry>, 'partition' | 'sequence'> & { _id: string };
/** An event that waits for its place in a chain; the `_id` is the event's id. */
export type LedgerInboxDocument = Stored<LedgerEvent> & { _id: string; made: string };
export type LedgerOriginDocument = LedgerOrigin & { _id: number };
export type LedgerAnchorDocument = { _id: number; document: string };
/** The process that currently chains events. */
export type LedgerLeaseDocument = { _id: string; holder: string; until: number };

export type Index = [definition: IndexDefinition, options: IndexOptions & { name: string }];
export type DefineCollection = <T>(name: string, fields: Record<keyof T & string, object>, indexes: Index[]) => Model<T>;

const text = { type: String, required: true };
const anyText = { type: String };
const number = { type: Number, required: true };
const event = { type: text, subject: anyText, data: text, at: number };

/** Defines the models of the ledger. */
export function defineLedgerCollections(define: DefineCollection) {
  return {
    /** The ledger of earlier versions; see closed-ledger.ts. */
    ledger: define<ClosedLedgerDocument>('ledger', { _id: number, event_id: text, ...event, previous_hash: text, hash: text }, [
      [{ event_id: 1 }, { name: 'by_event' }],
    ]),
    ledgerEntries: define<LedgerEntryDocument>(
      'ledger_entries',
      { _id: text, event_id: text, ...event, key_id: text, previous_hash: text, hash: text },
      [[{ event_id: 1 }, { name: 'by_event' }]],
    ),
    ledgerInbox: define<LedgerInboxDocument>('ledger_inbox', { _id: text, ...event, made: text }, [
      [{ made: 1 }, { name: 'by_made' }],
    ]),
    ledgerOrigin: define<LedgerOriginDocument>(
      'ledger_origin',
      { _id: number, sequence: number, hash: text, finding: { type: String, default: null } },
      [],
    ),
    ledgerAnchors: define<LedgerAnchorDocument>('ledger_anchors', { _id: number, document: text }, []),
    ledgerLease: define<LedgerLeaseDocument>('ledger_lease', { _id: text, holder: text, until: number }, []),
  };
}

const PARTITION_DIGITS = 2;
const SEQUENCE_DIGITS = 15;

/** Returns the `_id` of an entry, which sorts in numeric order. */
export function entryId(partition: number, sequence: number): string {
  return `${`${partition}`.padStart(PARTITION_DIGITS, '0')}:${`${sequence}`.padStart(SEQUENCE_DIGITS, '0')}`;
}

/** Returns the partition and sequence number of an `_id`. */
export function placeOfEntry(id: string): { partition: number; sequence: number } {
  const [partition = NaN, sequence = NaN] = id.split(':').map(Number);
  return { partition, sequence };
}
