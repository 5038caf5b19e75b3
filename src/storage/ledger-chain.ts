// The chains of the ledger. Each partition is one: an entry's hash is an HMAC over the event, its place and the hash before it, so that
// nobody without the key can change, drop, move or add an entry unnoticed.
import { createHash, createHmac, type KeyObject } from 'node:crypto';
import { canonicalEvent } from './closed-ledger.ts';
import type { LedgerEntry, LedgerEvent } from './storage.ts';

/**
 * Never changed: the partition of a subject depends on it. A fixed number, and not a chain a subject, because the anchor names the last
 * hash of every chain: with a chain a subject it would grow with the customers.
 */
export const LEDGER_PARTITIONS = 16;

/** The partition of all events of a subject. */
export function partitionOf(subject: string): number {
  return (createHash('sha256').update(subject).digest()[0] ?? 0) % LEDGER_PARTITIONS;
}

/** An event with the id that makes it one event, however often it is written. */
export type NamedEvent = LedgerEvent & { event_id: string };

export type LedgerChain = {
  /** Identifies the key of an entry without revealing it. */
  keyId: string;
  /** The entry that follows the last one of its partition. */
  next(last: { sequence: number; hash: string }, event: NamedEvent): LedgerEntry;
  /** The hash that an entry must have under this key. */
  hashOf(entry: LedgerEntry): string;
};

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

/** The id of an event that is no change of a stored document. The colon tells it from the random ids of changes. */
export function occurrenceId(type: string, occurrence: string): string {
  return `${type}:${occurrence}`;
}
