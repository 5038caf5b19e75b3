// The order in which documents were created, in all processes, without a counter that they would have to share.
import mongoose from 'mongoose';
import type { EpochMilliseconds } from '../../domain/account.ts';

/** A text that sorts by the time. Within one millisecond of one process it sorts by the call. */
export function creationOrder(now: EpochMilliseconds): string {
  return `${now.toString(16).padStart(12, '0')}-${new mongoose.Types.ObjectId().toHexString()}`;
}
