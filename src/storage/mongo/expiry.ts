// Conditions on the end of a document, for filters.
import { trusted } from 'mongoose';
import type { EpochMilliseconds } from '../../domain/account.ts';

export function standsAt(now: EpochMilliseconds) {
  return { expires_at: trusted({ $gt: new Date(now) }) };
}

export function expiredAt(now: EpochMilliseconds) {
  return { expires_at: trusted({ $lte: new Date(now) }) };
}
