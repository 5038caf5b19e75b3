// The chains of the ledger, one for each partition. An entry's hash is an HMAC over the event, its place and the previous hash, so that
// nobody without the key can change, remove, move or add an entry unnoticed.
import { createHash, createHmac, type KeyObject } from 'node:crypto';
import { canonicalEvent } from './closed-ledger.ts';
import type { LedgerEntry, LedgerEvent } from './storage.ts';

/**
 * Never change it: the partition of a subject depends on it. It is fixed because an anchor contains the last hash of every chain, and
 * with one chain for each subject anchors would grow with the number of customers.
 */
export const LEDGER_PARTITIONS = 16;

/** Returns the partition of all events of a subject. */
export function partitionOf(subject: string): number {
  return (createHash('sha256').update(subject).digest()[0] ?? 0) % LEDGER_PARTITIONS;
}

/** An event with its id, which makes repeated writes of it one entry. */
export type NamedEvent = LedgerEvent & { event_id: string };

export type LedgerChain = {
  /** Identifies the key of an entry without revealing it. */
  keyId: string;
  /** Returns the entry that follows the last one of its partition. */
  next(last: { sequence: number; hash: string }, event: NamedEvent): LedgerEntry;
  /** Returns the hash that an entry must have under this key. */
  hashOf(entry: LedgerEntry): string;
};

/** Creates the functions that chain entries under a key. */
export function createLedgerChain(key: KeyObject): LedgerChain {
  const keyId = createHmac('sha256', key).update('id of the key').digest('hex').slice(0, 16);
  // JSON text contains no raw line feed, so the parts cannot run together.
  const hashOf: LedgerChain['hashOf'] = ({ partition, sequence, event_id, previous_hash, ...event }) =>
    createHmac('sha256', key)
      .update(`${previous_hash}\n${partition}\n${sequence}\n${JSON.stringify(event_id)}\n${canonicalEvent(event)}`)
      .digest('hex');
  return {
    keyId,
    hashOf,
    next(last, { type, subject, data, at, event_id }) {
      const entry = {
        type,
        subject,
        data,
        at,
        event_id,
        partition: partitionOf(subject),
        sequence: last.sequence + 1,
        key_id: keyId,
        previous_hash: last.hash,
        hash: '',
      };
      return { ...entry, hash: hashOf(entry) };
    },
  };
}

/** Returns the id of an event that is not a change of a stored document. The colon distinguishes it from the random ids of changes. */
export function occurrenceId(type: string, occurrence: string): string {
  return `${type}:${occurrence}`;
}
