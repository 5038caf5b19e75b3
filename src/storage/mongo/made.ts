// The order in which documents were made, over all processes, without a counter that they would have to share.
import mongoose from 'mongoose';
import type { EpochMilliseconds } from '../../domain/account.ts';

/** A text that sorts by the moment, and within one moment of one process by the call. */
export function made(now: EpochMilliseconds): string {
  return `${now.toString(16).padStart(12, '0')}-${new mongoose.Types.ObjectId().toHexString()}`;
}
