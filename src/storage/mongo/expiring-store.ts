// The records of `EXPIRING_RECORDS`, in one collection.
import { trusted } from 'mongoose';
import type { EpochMilliseconds } from '../../domain/account.ts';
import { VersionConflict } from '../storage.ts';
import type { ExpiringStore } from '../storage.ts';
import { nextVersion } from '../version.ts';
import { DURABLE, RECREATABLE } from './collections.ts';
import type { Collections } from './collections.ts';
import { expiredAt, standsAt } from './expiry.ts';
import { isDuplicateKey } from './mongo-error.ts';

/** Creates the store of one kind. */
export function createExpiringStore<T extends { id: string; version: number; expires_at: EpochMilliseconds }>(
  { expiringDocuments }: Collections,
  clock: () => EpochMilliseconds,
  { kind, durability }: { kind: string; durability: 'durable' | 'recreatable' },
): ExpiringStore<T> {
  const concern = durability === 'durable' ? DURABLE : RECREATABLE;
  const key = (id: string): string => `${kind}:${id}`;
  const read = ({ document }: { document: string }): T => JSON.parse(document) as T;
  return {
    async find(id) {
      const found = await expiringDocuments.findOne({ _id: key(id), ...standsAt(clock()) }).lean();
      return found ? read(found) : undefined;
    },
    async put(value) {
      const now = clock();
      const next = nextVersion(value);
      const _id = key(next.id);
      const fields = { kind, version: next.version, document: JSON.stringify(next), expires_at: new Date(next.expires_at) };
      if (value.version === 0) {
        try {
          await expiringDocuments.replaceOne({ _id, ...expiredAt(now) }, { _id, ...fields }, { upsert: true, ...concern });
        } catch (error) {
          throw isDuplicateKey(error) ? new VersionConflict() : error;
        }
        return next;
      }
      const read = { _id, version: value.version, ...standsAt(now) };
      const { matchedCount } = await expiringDocuments.updateOne(read, { $set: fields }, concern);
      if (matchedCount === 0) throw new VersionConflict();
      return next;
    },
    async listAfter(after, limit) {
      // `;` is the character after the `:` between kind and id.
      const behind = trusted({ $gt: key(after), $lt: `${kind};` });
      const found = await expiringDocuments
        .find({ _id: behind, ...standsAt(clock()) })
        .sort({ _id: 1 })
        .limit(limit)
        .lean();
      return found.map(read);
    },
    async remove(id) {
      await expiringDocuments.deleteOne({ _id: key(id) }, DURABLE);
    },
  };
}
