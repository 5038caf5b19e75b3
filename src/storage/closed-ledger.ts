// The ledger of earlier versions: one chain of SHA-256 hashes without a key. It is closed: nothing is appended to it, and today's
// partitions start with its last hash.
import { createHash } from 'node:crypto';
import type { ClosedLedgerEntry, LedgerEvent, LedgerOrigin } from './storage.ts';

/** The `previous_hash` of the first entry, and the hash of an origin without a closed ledger. */
export const FIRST_PREVIOUS_HASH = '0'.repeat(64);

export const NO_CLOSED_LEDGER: LedgerOrigin = { sequence: 0, hash: FIRST_PREVIOUS_HASH, finding: null };

/** Logged at each start. */
export const BROKEN_CLOSED_LEDGER =
  'the ledger of an earlier version was not as it had been written when it was closed; the service runs, npm run admin -- ledger verify tells more';

/** Returns the SHA-256 hash (hexadecimal) of the previous entry's hash, a line feed, and the event as canonical JSON. */
export function closedHash(previousHash: string, event: LedgerEvent): string {
  return createHash('sha256')
    .update(`${previousHash}\n${canonicalEvent(event)}`)
    .digest('hex');
}

/** Returns an event as canonical JSON (RFC 8785 as far as events need it: members sorted by name, no white space). */
export function canonicalEvent({ type, subject, data, at }: LedgerEvent): string {
  const sortedData = Object.fromEntries(Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({ at, data: sortedData, subject, type });
}

/** Parses the stored data of an event. A corrupted text becomes data with a different hash. */
export function readLedgerData(text: string): LedgerEvent['data'] {
  try {
    return JSON.parse(text) as LedgerEvent['data'];
  } catch {
    return { 'cannot be read': text };
  }
}

/** An entry of the closed ledger that is changed or missing. */
export type ClosedFinding = { sequence: number; kind: 'changed' | 'missing' };

export type ClosedWalk = {
  /** Checks the next entry in order, and returns what is wrong with it. */
  add(entry: ClosedLedgerEntry): ClosedFinding | undefined;
  /** Returns the last entry so far, and the first finding. */
  end(): LedgerOrigin;
};

/** Creates a check of a closed ledger, entry by entry in constant memory. */
export function walkClosedLedger(): ClosedWalk {
  let last = { sequence: 0, hash: FIRST_PREVIOUS_HASH };
  let first: ClosedFinding | undefined;

  function check(entry: ClosedLedgerEntry): ClosedFinding | undefined {
    const expected = last.sequence + 1;
    if (entry.sequence !== expected) return { sequence: expected, kind: 'missing' };
    const isRight = entry.previous_hash === last.hash && entry.hash === closedHash(entry.previous_hash, entry);
    return isRight ? undefined : { sequence: entry.sequence, kind: 'changed' };
  }

  return {
    add(entry) {
      const finding = check(entry);
      first ??= finding;
      last = { sequence: entry.sequence, hash: entry.hash };
      return finding;
    },
    end: () => ({ ...last, finding: first ? `entry ${first.sequence} is ${first.kind}` : null }),
  };
}
