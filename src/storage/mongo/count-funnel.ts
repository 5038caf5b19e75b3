// Moves what changes of legacy users add to the counts from their documents into the one document of the counts.
//
// All changes would write the same counts, so none of them waits for it. Each delta is counted once, even if a process dies: a batch is added and noted in
// one write that names the version of the counts, then removed from its documents, and then the note is removed. The next batch is read
// after that. Any process goes on where another one died.
import { trusted } from 'mongoose';
import { addCounts, type FunnelCounts } from '../../domain/funnel-counts.ts';
import { fromJson, toJson, type Json } from '../../json.ts';
import { VersionConflict } from '../storage.ts';
import type { PopulationStore } from '../storage.ts';
import { retryOnConflict } from '../retry-on-conflict.ts';
import { DURABLE, DURABLE_INSERT, type Collections } from './collections.ts';
import { isDuplicateKey } from './mongo-error.ts';
import {
  readLegacyUser,
  type CountedBatch,
  type FunnelDocument,
  type LegacyUserDocument,
  type Recount,
} from './population-collections.ts';
import { MAJORITY } from './read-concern.ts';

const ID = 'counts';
const PAUSE_MS = 500;
const BATCH = 500;
const AFTER_ALL_IDS = '~';

export type FunnelCounter = Pick<PopulationStore, 'counts' | 'recount'> & {
  /** Says that a change waits to be counted. It is counted soon. */
  wake(): void;
  /** Counts all changes that are stored now. */
  countAll(): Promise<void>;
  /** Starts no more work, and resolves when the running work has ended. */
  stop(): Promise<void>;
};

/** Creates the counter of this process. */
export function createFunnelCounter({ population, funnel }: Collections): FunnelCounter {
  let timer: NodeJS.Timeout | undefined;
  let counting: Promise<void> | undefined;
  let stopped = false;

  async function read(): Promise<FunnelDocument> {
    const found = await funnel.findOne({ _id: ID }).readConcern(MAJORITY).lean();
    return found ?? { _id: ID, version: 0, counts: toJson({}), batch: null, recount: null };
  }

  /** @throws {VersionConflict} another process was faster */
  async function write({ version }: FunnelDocument, fields: Pick<FunnelDocument, 'counts' | 'batch' | 'recount'>): Promise<void> {
    const next = { ...fields, version: version + 1 };
    if (version > 0) {
      if ((await funnel.updateOne({ _id: ID, version }, { $set: next }, DURABLE)).matchedCount === 0) throw new VersionConflict();
      return;
    }
    try {
      await funnel.insertMany([{ _id: ID, ...next }], DURABLE_INSERT);
    } catch (error) {
      throw isDuplicateKey(error) ? new VersionConflict() : error;
    }
  }

  /** Removes a counted batch from its documents. Durable, because the next batch must not find it again. */
  async function forget(batch: CountedBatch): Promise<void> {
    const updates = batch.map(({ _id, deltas }) => ({
      updateOne: { filter: { _id }, update: { $pull: { deltas: { id: { $in: deltas } } } } },
    }));
    if (updates.length > 0) await population.bulkWrite(updates, { ordered: false, ...DURABLE });
  }

  /** Returns the counts without a batch that another call has left. */
  async function readSettled(): Promise<FunnelDocument> {
    for (;;) {
      const stands = await read();
      if (stands.batch === null) return stands;
      await forget(fromJson(stands.batch));
      await write(stands, { ...stands, batch: null });
    }
  }

  /** Returns how many documents were counted. @throws {VersionConflict} */
  async function countBatch(): Promise<number> {
    const stands = await readSettled();
    // A change that a failover may roll back must not be counted.
    const waiting = population
      .find({ 'deltas.id': trusted({ $gt: '' }) }, { deltas: 1 })
      .limit(BATCH)
      .readConcern(MAJORITY);
    const found = (await waiting.lean()).filter(({ deltas }) => deltas.length > 0);
    if (found.length === 0) return 0;
    const counts = mapOf(stands.counts);
    const recount = stands.recount === null ? undefined : fromJson(stands.recount);
    const recounted = new Map(Object.entries(recount?.counts ?? {}));
    for (const { _id, deltas } of found) {
      for (const delta of deltas) {
        add(counts, mapOf(delta.counts));
        if (recount && _id <= recount.counted_to) add(recounted, mapOf(delta.counts));
      }
    }
    const batch: CountedBatch = found.map(({ _id, deltas }) => ({ _id, deltas: deltas.map(({ id }) => id) }));
    await write(stands, {
      counts: jsonOf(counts),
      batch: toJson(batch),
      recount: recount ? toJson({ ...recount, counts: Object.fromEntries(recounted) }) : null,
    });
    await readSettled();
    return found.length;
  }

  async function countAll(): Promise<void> {
    while ((await retryOnConflict(countBatch)) > 0);
  }

  /** Counts one batch of all legacy users. What waits in their documents is counted when it is moved. */
  async function recountBatch(generation: number): Promise<number> {
    const stands = await readSettled();
    const recount = recountOf(stands, generation);
    const next = population.find({ _id: trusted({ $gt: recount.counted_to }) }).sort({ _id: 1 });
    const found: LegacyUserDocument[] = await next.limit(BATCH).readConcern(MAJORITY).lean();
    const counts = new Map(Object.entries(recount.counts));
    for (const document of found) {
      addCounts(counts, readLegacyUser(document));
      for (const delta of document.deltas) add(counts, mapOf(delta.counts), -1);
    }
    const counted_to = found.length < BATCH ? AFTER_ALL_IDS : (found.at(-1)?._id ?? AFTER_ALL_IDS);
    await write(stands, { ...stands, recount: toJson({ generation, counted_to, counts: Object.fromEntries(counts) }) });
    return found.length;
  }

  function wake(): void {
    if (timer || stopped) return;
    timer = setTimeout(() => {
      timer = undefined;
      // If the database is unavailable, the changes wait for the next one, for a sweep or for a reader.
      counting = countAll().catch(() => undefined);
    }, PAUSE_MS).unref();
  }

  return {
    wake,
    countAll,
    async counts() {
      const { counts } = await read();
      return Object.fromEntries(Object.entries(fromJson(counts)).filter(([, count]) => count !== 0));
    },
    async recount(onCounted) {
      const generation = await retryOnConflict(async () => {
        const stands = await readSettled();
        const next = stands.version + 1;
        await write(stands, { ...stands, recount: toJson({ generation: next, counted_to: '', counts: {} }) });
        return next;
      });
      for (let done = 0; ;) {
        const batch = await retryOnConflict(() => recountBatch(generation));
        done += batch;
        onCounted?.(done);
        if (batch < BATCH) break;
      }
      await countAll();
      return retryOnConflict(async () => {
        const stands = await readSettled();
        const { counts } = recountOf(stands, generation);
        await write(stands, { counts: toJson(counts), batch: null, recount: null });
        return { before: Object.fromEntries(mapOf(stands.counts)), after: Object.fromEntries(mapOf(toJson(counts))) };
      });
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await counting;
    },
  };
}

/** @throws {VersionConflict} another recount has begun */
function recountOf({ recount }: FunnelDocument, generation: number): Recount {
  const standing = recount === null ? undefined : fromJson(recount);
  if (standing?.generation !== generation) throw new VersionConflict();
  return standing;
}

function mapOf(counts: Json<Record<string, number>>): FunnelCounts {
  return new Map(Object.entries(fromJson(counts)).filter(([, count]) => count !== 0));
}

function jsonOf(counts: FunnelCounts): Json<Record<string, number>> {
  return toJson(Object.fromEntries(counts));
}

function add(counts: FunnelCounts, added: FunnelCounts, times: 1 | -1 = 1): void {
  for (const [key, count] of added) counts.set(key, (counts.get(key) ?? 0) + times * count);
}
