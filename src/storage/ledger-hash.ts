// The hash that chains the ledger: whoever changes, drops or swaps an entry must change every hash after it.
import { createHash } from 'node:crypto';
import type { LedgerEvent } from './storage.ts';

/** The `previous_hash` of the first entry. */
export const FIRST_PREVIOUS_HASH = '0'.repeat(64);

/**
 * The hash of an entry: SHA-256, hexadecimal, over the previous entry's hash, a line feed, and the event as canonical JSON
 * (RFC 8785 as far as an event needs it: members sorted by name, no white space).
 */
export function ledgerHash(previousHash: string, event: LedgerEvent): string {
  const { type, subject, data, at } = event;
  const sortedData = Object.fromEntries(Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const canonical = JSON.stringify({ at, data: sortedData, subject, type });
  return createHash('sha256').update(`${previousHash}\n${canonical}`).digest('hex');
}
