// Removes what has expired, a little at a time.
import { trusted } from 'mongoose';
import type { Model } from 'mongoose';
import type { EpochMilliseconds } from '../../domain/account.ts';
import { RECREATABLE } from './collections.ts';
import type { Collections } from './collections.ts';
import { expiredAt } from './expiry.ts';

/** Documents in one removal: few enough that nobody notices the wait. */
const BATCH = 200;

type Expiring = Model<{ _id: string; expires_at: Date }>;

/** Removes up to `limit` expired documents of all collections, others getting their turn in between; answers how many. */
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
      // Asked again: meanwhile somebody may have put something new in the place of an expired one.
      const _id = trusted({ $in: found.map((document) => document._id) });
      removed += (await collection.deleteMany({ _id, ...expiredAt(now) }, RECREATABLE)).deletedCount;
    } while (found.length === BATCH);
  }
  return removed;
}
