// The counters of the rate limits.
import type { EpochMilliseconds } from '../../domain/account.ts';
import type { CounterStore } from '../storage.ts';
import { RECREATABLE } from './collections.ts';
import type { Collections, CounterDocument } from './collections.ts';
import { expiredAt, standsAt } from './expiry.ts';
import { isDuplicateKey } from './mongo-error.ts';

/** Creates the counter store. */
export function createCounterStore({ counters }: Collections, clock: () => EpochMilliseconds): CounterStore {
  return {
    async add(key, points, durationMs) {
      const now = clock();
      const expires_at = new Date(now + durationMs);
      const options = { returnDocument: 'after', projection: { points: 1, expires_at: 1 }, ...RECREATABLE } as const;
      for (;;) {
        try {
          const update = { $inc: { points }, $setOnInsert: { expires_at } };
          const counted = await counters
            .findOneAndUpdate({ _id: key, ...standsAt(now) }, update, { upsert: true, ...options })
            .lean();
          if (counted) return read(counted);
        } catch (error) {
          if (!isDuplicateKey(error)) throw error;
        }
        // An expired counter is in the way, or a parallel call has just created the counter.
        const renewed = { $set: { points, expires_at } };
        const counted = await counters.findOneAndUpdate({ _id: key, ...expiredAt(now) }, renewed, options).lean();
        if (counted) return read(counted);
      }
    },
    async get(key) {
      const found = await counters.findOne({ _id: key, ...standsAt(clock()) }).lean();
      return found ? read(found) : undefined;
    },
    async remove(key) {
      await counters.deleteOne({ _id: key }, RECREATABLE);
    },
  };
}

function read({ points, expires_at }: CounterDocument) {
  return { points, expires_at: expires_at.getTime() };
}
