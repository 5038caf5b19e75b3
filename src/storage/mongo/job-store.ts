// Durable jobs with leases.
import { randomUUID } from 'node:crypto';
import { trusted } from 'mongoose';
import type { EpochMilliseconds } from '../../domain/account.ts';
import { readJobPayload } from '../job-payload.ts';
import { jobsOfKind, type WaitingOfKind } from '../jobs-of-kind.ts';
import type { Job, JobsOfKind, JobStore } from '../storage.ts';
import { DURABLE, DURABLE_INSERT, RECREATABLE } from './collections.ts';
import type { Collections, JobDocument } from './collections.ts';
import { creationOrder } from './creation-order.ts';
import { isDuplicateKey } from './mongo-error.ts';

/** How many more jobs are examined each time another process was faster. */
const FURTHER = 10;

/** Creates the job store. */
export function createJobStore({ jobs }: Collections, clock: () => EpochMilliseconds): JobStore {
  const held = (key: string, lease: string) => ({ _id: key, lease, state: 'waiting' as const });

  /** Updates the job that `condition` matches, and returns whether there was one. */
  async function change(condition: object, $set: Partial<JobDocument>): Promise<boolean> {
    return (await jobs.updateOne(condition, { $set }, DURABLE)).matchedCount === 1;
  }

  /** Leases one job, unless another process was faster, which changes its `run_at`. */
  async function leaseOne({ _id, run_at }: Pick<JobDocument, '_id' | 'run_at'>, until: EpochMilliseconds): Promise<Job[]> {
    const due = { _id, run_at, state: 'waiting' as const };
    const update = { $set: { lease: randomUUID(), run_at: until }, $inc: { attempts: 1 } };
    const leased = await jobs.findOneAndUpdate(due, update, { returnDocument: 'after', ...DURABLE }).lean();
    return leased ? [read(leased)] : [];
  }

  return {
    async enqueue({ key, kind, payload, run_at }) {
      const now = clock();
      const fresh = {
        state: 'waiting' as const,
        attempts: 0,
        last_error: null,
        lease: null,
        created_at: now,
        made: creationOrder(now),
      };
      try {
        const job = { _id: key, kind, payload: JSON.stringify(payload), run_at, ...fresh };
        await jobs.insertMany([job], DURABLE_INSERT);
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },
    async find(key) {
      const found = await jobs.findOne({ _id: key }).lean();
      return found ? read(found) : undefined;
    },
    async lease(limit, leaseMs, kind) {
      const now = clock();
      const leased: Job[] = [];
      const ofKind = { state: 'waiting' as const, ...(kind === undefined ? {} : { kind }) };
      // Finds jobs first, then leases them one by one by `_id`, as a sharded cluster requires. Parallel processes find the same jobs. A
      // process that loses one examines more jobs, from a random start, so that the processes spread out.
      let beaten = 0;
      while (leased.length < limit) {
        const due = jobs.find({ ...ofKind, run_at: trusted({ $lte: now }) }, { run_at: 1 });
        const found = await due
          .sort({ run_at: 1, made: 1 })
          .limit(limit + beaten * FURTHER)
          .lean();
        if (found.length === 0) break;
        const start = beaten === 0 ? 0 : Math.floor(Math.random() * found.length);
        for (const job of [...found.slice(start), ...found.slice(0, start)]) {
          const mine = await leaseOne(job, now + leaseMs);
          leased.push(...mine);
          if (mine.length === 0) beaten += 1;
          if (mine.length === 0 || leased.length === limit) break;
        }
      }
      return leased;
    },
    async renew(key, lease, until) {
      return change(held(key, lease), { run_at: until });
    },
    async complete(key, lease) {
      return change(held(key, lease), { state: 'done', payload: '{}', last_error: null, lease: null });
    },
    async retry(key, lease, runAt, error) {
      return change(held(key, lease), { run_at: runAt, last_error: error, lease: null });
    },
    async bury(key, lease, reason) {
      return change(held(key, lease), { state: 'dead', last_error: reason, lease: null });
    },
    async buryOthers(kinds, dueBefore, reason, limit) {
      const others = { state: 'waiting' as const, run_at: trusted({ $lt: dueBefore }), kind: trusted({ $nin: [...kinds] }) };
      const found = await jobs.find(others, { _id: 1 }).limit(limit).lean();
      const _id = trusted({ $in: found.map((job) => job._id) });
      // The conditions are repeated, because a process that knows the kind may have leased a job in the meantime.
      const buried = await jobs.updateMany(
        { _id, ...others },
        { $set: { state: 'dead', last_error: reason, lease: null } },
        DURABLE,
      );
      return buried.modifiedCount;
    },
    async revive(key, payload, runAt) {
      const given = { payload: JSON.stringify(payload), run_at: runAt, created_at: clock() };
      const fresh = { state: 'waiting' as const, attempts: 0, last_error: null, lease: null };
      return change({ _id: key, state: trusted({ $ne: 'waiting' }) }, { ...given, ...fresh });
    },
    async restart(key, runAt) {
      const fresh = { state: 'waiting' as const, attempts: 0, last_error: null, lease: null };
      return change({ _id: key, state: 'dead' }, { run_at: runAt, created_at: clock(), ...fresh });
    },
    async drop(key) {
      // The condition is checked with the removal, so that a job is not removed that another process has just leased.
      const free = [{ lease: null }, { run_at: trusted({ $lte: clock() }) }];
      const droppable = trusted([{ state: 'dead' as const }, { state: 'waiting' as const, $or: trusted(free) }]);
      return (await jobs.deleteOne({ _id: key, $or: droppable }, DURABLE)).deletedCount === 1;
    },
    async listAfter(state, after, limit, kind) {
      const listed = { _id: trusted({ $gt: after }), state, ...(kind === undefined ? {} : { kind }) };
      const found = await jobs.find(listed).sort({ _id: 1 }).limit(limit).lean();
      return found.map(read);
    },
    async removeEnded(state, before, limit) {
      const ended = { state, run_at: trusted({ $lt: before }) };
      const found = await jobs.find(ended, { _id: 1 }).limit(limit).lean();
      const _id = trusted({ $in: found.map((job) => job._id) });
      // The conditions are repeated, because a job may have been restarted in the meantime.
      return (await jobs.deleteMany({ _id, ...ended }, RECREATABLE)).deletedCount;
    },
    async countByState() {
      const count = (state: Job['state']) => jobs.countDocuments({ state });
      const [waiting, done, dead] = await Promise.all([count('waiting'), count('done'), count('dead')]);
      return { waiting, done, dead };
    },
    async countByKind(limit) {
      const now = clock();
      const isDue = { $lte: ['$run_at', now] };
      const isLeased = { $ne: ['$lease', null] };
      const countIf = (condition: object) => ({ $sum: { $cond: [condition, 1, 0] } });
      const waiting = jobs.aggregate<Omit<WaitingOfKind, 'kind'> & { _id: string }>([
        { $match: { state: 'waiting' } },
        { $sort: { run_at: 1, made: 1 } },
        { $limit: limit },
        {
          $group: {
            _id: '$kind',
            due: countIf(isDue),
            running: countIf({ $and: [{ $not: [isDue] }, isLeased] }),
            later: countIf({ $and: [{ $not: [isDue] }, { $not: [isLeased] }] }),
            first: { $min: '$run_at' },
          },
        },
      ]);
      const dead = jobs.aggregate<Pick<JobsOfKind, 'dead'> & { _id: string }>([
        { $match: { state: 'dead' } },
        { $limit: limit },
        { $group: { _id: '$kind', dead: { $sum: 1 } } },
      ]);
      const named = <T>({ _id: kind, ...counted }: T & { _id: string }) => ({ kind, ...counted });
      return jobsOfKind((await waiting).map(named), (await dead).map(named));
    },
  };
}

function read({ _id, kind, payload, state, attempts, run_at, created_at, last_error, lease }: JobDocument): Job {
  return {
    key: _id,
    kind,
    payload: readJobPayload(payload),
    state,
    attempts,
    run_at,
    created_at,
    ...(last_error !== null && { last_error }),
    ...(lease !== null && { lease }),
  };
}
