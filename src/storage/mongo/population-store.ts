// The legacy users of a migration. What a change adds to the counts of the funnel waits in the changed document; see count-funnel.ts.
import { randomUUID } from 'node:crypto';
import { trusted } from 'mongoose';
import { countsOfChange } from '../../domain/funnel-counts.ts';
import {
  followed,
  listed,
  waitingSince,
  type LegacyUser,
  type LegacyUserStep,
  type ListedUser,
} from '../../domain/population.ts';
import { toJson } from '../../json.ts';
import { propertyOf } from '../../property-of.ts';
import { retryOnConflict } from '../retry-on-conflict.ts';
import { VersionConflict } from '../storage.ts';
import type { ListedCount, PopulationStore } from '../storage.ts';
import { nextVersion } from '../version.ts';
import { DURABLE, DURABLE_INSERT, RECREATABLE, type Collections } from './collections.ts';
import { DUPLICATE_KEY, isDuplicateKey } from './mongo-error.ts';
import { readLegacyUser, type LegacyUserDocument } from './population-collections.ts';

/** Takes a step, however often it is called with it. */
export type FollowStep = (step: LegacyUserStep) => Promise<void>;

/** The methods that change or read single legacy users. */
export type LegacyUsers = Omit<PopulationStore, 'counts' | 'settle' | 'recount'>;

/**
 * Creates the store.
 * @param onChanged is called when a change waits to be counted
 */
export function createPopulationStore({ population }: Collections, onChanged: () => void): LegacyUsers {
  async function find(id: string): Promise<LegacyUser | undefined> {
    const found = await population.findOne({ _id: id }, { document: 1 }).lean();
    return found ? readLegacyUser(found) : undefined;
  }

  /** @throws {VersionConflict} */
  async function write(before: LegacyUser | undefined, after: LegacyUser, concern: typeof DURABLE | typeof RECREATABLE) {
    const document = documentOf(before, after);
    if (before) {
      const { _id, deltas, ...fields } = document;
      const change = { $set: fields, $push: { deltas: trusted({ $each: deltas }) } };
      const { matchedCount } = await population.updateOne({ _id, version: before.version }, change, concern);
      if (matchedCount === 0) throw new VersionConflict();
    } else {
      try {
        await population.insertMany([document], { ordered: true, ...concern });
      } catch (error) {
        throw isDuplicateKey(error) ? new VersionConflict() : error;
      }
    }
    onChanged();
  }

  async function listOne(row: ListedUser): Promise<keyof ListedCount> {
    return retryOnConflict(async () => {
      const standing = await find(row.id);
      const next = listed(standing, row);
      if (next === standing) return 'same';
      await write(standing, stepUp(standing, next), DURABLE);
      return standing ? 'changed' : 'added';
    });
  }

  /** Inserts new legacy users at once. @returns the ids that another call has inserted since */
  async function insertAll(documents: LegacyUserDocument[]): Promise<Set<string>> {
    try {
      if (documents.length > 0) await population.insertMany(documents, { ...DURABLE_INSERT, ordered: false, lean: true });
      return new Set();
    } catch (error) {
      const failed = propertyOf(error, 'writeErrors');
      const all: unknown[] = Array.isArray(failed) ? failed : [];
      if (all.length === 0 || all.some((one) => propertyOf(one, 'code') !== DUPLICATE_KEY)) throw error;
      return new Set(all.flatMap((one) => documents[Number(propertyOf(one, 'index'))]?._id ?? []));
    }
  }

  return {
    find,
    async put(user) {
      const next = nextVersion(user);
      const standing = await find(user.id);
      if ((standing?.version ?? 0) !== user.version) throw new VersionConflict();
      await write(standing, next, DURABLE);
      return next;
    },
    async follow(step) {
      await retryOnConflict(async () => {
        const standing = await find(step.id);
        const next = followed(standing, step);
        if (next !== standing) await write(standing, stepUp(standing, next), RECREATABLE);
      });
    },
    async list(rows) {
      const counted: ListedCount = { added: 0, changed: 0, same: 0 };
      const _id = trusted({ $in: rows.map(({ id }) => id) });
      const known = new Set((await population.find({ _id }, { _id: 1 }).lean()).map((found) => found._id));
      // Of rows with one id, the first one is inserted and the others change it.
      const fresh = rows.filter(({ id }) => {
        const isFresh = !known.has(id);
        known.add(id);
        return isFresh;
      });
      const documents = fresh.map((row) => documentOf(undefined, stepUp(undefined, listed(undefined, row))));
      const taken = await insertAll(documents);
      counted.added = documents.length - taken.size;
      onChanged();
      const inserted = new Set(fresh.filter(({ id }) => !taken.has(id)));
      for (const row of rows) if (!inserted.has(row)) counted[await listOne(row)] += 1;
      return counted;
    },
    async listAfter(after, limit) {
      const found = population.find({ _id: trusted({ $gt: after }) }, { document: 1 });
      return (await found.sort({ _id: 1 }).limit(limit).lean()).map(readLegacyUser);
    },
    async listWaiting(before, limit, after = { since: -1, id: '' }) {
      const later = trusted([
        { waiting_since: trusted({ $gt: after.since, $lt: before }) },
        { waiting_since: after.since, _id: trusted({ $gt: after.id }) },
      ]);
      const waits = { waiting_since: trusted({ $gte: Math.max(after.since, 0), $lt: before }), $or: later };
      const found = population.find(waits, { document: 1 }).sort({ waiting_since: 1, _id: 1 }).limit(limit);
      return (await found.lean()).map(readLegacyUser);
    },
  };
}

function stepUp(standing: LegacyUser | undefined, next: LegacyUser): LegacyUser {
  return { ...next, version: (standing?.version ?? 0) + 1 };
}

function documentOf(before: LegacyUser | undefined, after: LegacyUser): LegacyUserDocument {
  return {
    _id: after.id,
    version: after.version,
    waiting_since: waitingSince(after) ?? null,
    document: toJson(after),
    deltas: [{ id: randomUUID(), counts: toJson(Object.fromEntries(countsOfChange(before, after))) }],
  };
}
