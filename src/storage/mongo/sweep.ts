// Removes expired documents in small steps.
import { trusted } from 'mongoose';
import type { Model } from 'mongoose';
import type { EpochMilliseconds } from '../../domain/account.ts';
import { RECREATABLE } from './collections.ts';
import type { Collections } from './collections.ts';
import { expiredAt } from './expiry.ts';

/** The documents in one removal: few enough not to delay other writes noticeably. */
const BATCH = 200;

type Expiring = Model<{ _id: string; expires_at: Date }>;

/** Removes up to `limit` expired documents of all collections in small batches, so that other writes run in between. Returns their number. */
export async function sweep(collections: Collections, now: EpochMilliseconds, limit: number): Promise<number> {
  const { artifacts, expiringDocuments, emailCodes, counters } = collections;
  let removed = 0;
  for (const collection of [artifacts, expiringDocuments, emailCodes, counters] as unknown as Expiring[]) {
    let found: { _id: string }[];
    do {
      const size = Math.min(BATCH, limit - removed);
      if (size === 0) return removed;
      found = await collection.find(expiredAt(now), { _id: 1 }).limit(size).lean();
      if (found.length === 0) break;
      // The condition is repeated, because a new document may have replaced an expired one in the meantime.
      const _id = trusted({ $in: found.map((document) => document._id) });
      removed += (await collection.deleteMany({ _id, ...expiredAt(now) }, RECREATABLE)).deletedCount;
    } while (found.length === BATCH);
  }
  return removed;
}
