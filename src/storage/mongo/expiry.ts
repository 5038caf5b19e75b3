// Filter conditions for the expiry of documents.
import { trusted } from 'mongoose';
import type { EpochMilliseconds } from '../../domain/account.ts';

/** Matches documents that have not expired. */
export function standsAt(now: EpochMilliseconds) {
  return { expires_at: trusted({ $gt: new Date(now) }) };
}

/** Matches expired documents. */
export function expiredAt(now: EpochMilliseconds) {
  return { expires_at: trusted({ $lte: new Date(now) }) };
}
