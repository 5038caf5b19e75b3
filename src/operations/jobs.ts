// The queue of jobs as operators see it: what waits, runs or has failed for good, and why; and what they do with it.
import { randomUUID } from 'node:crypto';
import type { Deps } from '../deps.ts';
import type { EpochMilliseconds } from '../domain/account.ts';
import { everyEntry } from '../storage/every-entry.ts';
import type { Job } from '../storage/storage.ts';
import type { OperatorAction } from '../domain/operator-action.ts';

type JobDeps = Pick<Deps, 'storage' | 'clock'>;

/** `running`: a process holds it now. */
export type ShownState = 'waiting' | 'running' | 'dead';

/** Jobs of one kind and state, with the same reason. */
export type JobGroup = {
  kind: string;
  state: ShownState;
  /** The reason of the last failure. */
  reason: string | undefined;
  count: number;
  /** When the oldest of them was enqueued. */
  oldest_at: EpochMilliseconds;
};

const PAGE = 500;
/** A page of the list looks at so many jobs at most. */
const MOST_LOOKED_AT = 5000;
/** Reasons may differ by a number. So many groups are told apart; the others are one group of their kind. */
const MOST_GROUPS = 200;

/** Yields all waiting or dead jobs, in order of their keys. @param kind only these */
export function everyJob({ storage }: Pick<Deps, 'storage'>, state: 'waiting' | 'dead', kind?: string): AsyncGenerator<Job> {
  return everyEntry(
    async (after, limit) => storage.jobs.listAfter(state, after, limit, kind),
    ({ key }) => key,
    '',
    PAGE,
  );
}

/** Returns whether a job waits, runs, or has failed for good. */
export function shownStateOf({ state, lease, run_at: until }: Job, now: EpochMilliseconds): ShownState {
  if (state === 'dead') return 'dead';
  return lease !== undefined && now < until ? 'running' : 'waiting';
}

/** Counts the jobs that are not done. */
export async function groupJobs(deps: JobDeps, kind?: string): Promise<JobGroup[]> {
  const groups = new Map<string, JobGroup>();
  for (const stored of ['waiting', 'dead'] as const)
    for await (const job of everyJob(deps, stored, kind)) {
      const state = shownStateOf(job, deps.clock());
      const exact = JSON.stringify([job.kind, state, job.last_error]);
      const isNew = !groups.has(exact) && groups.size >= MOST_GROUPS;
      const [key, reason] = isNew ? [JSON.stringify([job.kind, state]), 'other reasons'] : [exact, job.last_error];
      const { count, oldest_at: oldest } = groups.get(key) ?? { count: 0, oldest_at: job.created_at };
      groups.set(key, { kind: job.kind, state, reason, count: count + 1, oldest_at: Math.min(oldest, job.created_at) });
    }
  return [...groups.values()];
}

/** Returns the first jobs of a state, in order of their keys. */
export async function firstJobs(
  deps: JobDeps,
  { state, kind, limit }: { state: ShownState; kind: string | undefined; limit: number },
): Promise<Job[]> {
  const found: Job[] = [];
  for await (const job of everyJob(deps, state === 'dead' ? 'dead' : 'waiting', kind)) {
    if (shownStateOf(job, deps.clock()) === state) found.push(job);
    if (found.length === limit) break;
  }
  return found;
}

/** Returns a page of the jobs of a state, in order of their keys. @returns the key to go on after; `undefined` at the end */
export async function jobsAfter(
  { storage, clock }: JobDeps,
  { state, kind, after, limit }: { state: ShownState; kind?: string | undefined; after: string; limit: number },
): Promise<{ jobs: Job[]; next: string | undefined }> {
  const stored = state === 'dead' ? 'dead' : 'waiting';
  const jobs: Job[] = [];
  let last = after;
  for (let lookedAt = 0; lookedAt < MOST_LOOKED_AT;) {
    const page = await storage.jobs.listAfter(stored, last, PAGE, kind);
    for (const job of page) {
      last = job.key;
      if (shownStateOf(job, clock()) === state) jobs.push(job);
      if (jobs.length === limit) return { jobs, next: last };
    }
    if (page.length < PAGE) return { jobs, next: undefined };
    lookedAt += page.length;
  }
  return { jobs, next: last };
}

/** Why nothing was done. `running`: a process holds the job now. */
export type JobRefusal = 'unknown' | 'done' | 'waiting' | 'running';

/** Restarts a job that has failed for good. @returns why it was not; `undefined` if it was */
export async function retryJob(deps: JobDeps, key: string, action: OperatorAction): Promise<JobRefusal | undefined> {
  const job = await deps.storage.jobs.find(key);
  if (job?.state !== 'dead') return refusalOf(deps, job);
  await note(deps, 'job.retried', job, action);
  return (await deps.storage.jobs.restart(key, deps.clock())) ? undefined : refusalOf(deps, await deps.storage.jobs.find(key));
}

/** Restarts every job of a kind that has failed for good. @returns how many */
export async function retryJobs(deps: JobDeps, kind: string, action: OperatorAction): Promise<number> {
  let retried = 0;
  for await (const { key } of everyJob(deps, 'dead', kind)) if ((await retryJob(deps, key, action)) === undefined) retried += 1;
  return retried;
}

/** Removes a job that has failed for good, or that waits and that no process holds. @returns why it was not; `undefined` if it was */
export async function dropJob(deps: JobDeps, key: string, action: OperatorAction): Promise<JobRefusal | undefined> {
  const job = await deps.storage.jobs.find(key);
  if (!job || job.state === 'done' || shownStateOf(job, deps.clock()) === 'running') return refusalOf(deps, job);
  await note(deps, 'job.dropped', job, action);
  return (await deps.storage.jobs.drop(key)) ? undefined : refusalOf(deps, await deps.storage.jobs.find(key));
}

function refusalOf({ clock }: JobDeps, job: Job | undefined): JobRefusal {
  if (!job) return 'unknown';
  if (job.state === 'done') return 'done';
  return shownStateOf(job, clock()) === 'running' ? 'running' : 'waiting';
}

/** The event is written first: an attempt that a process forestalls is an attempt, too. */
async function note(
  { storage, clock }: JobDeps,
  type: 'job.retried' | 'job.dropped',
  { key, kind }: Job,
  action: OperatorAction,
): Promise<void> {
  const data = { kind, ...action };
  await storage.ledger.append({ type, subject: key, data, at: clock() }, randomUUID());
}
