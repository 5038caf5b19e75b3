// Jobs that wait, run or have failed for good.
import { z } from 'zod';
import { iso } from '../../../domain/iso-time.ts';
import { Problem } from '../../../http/problem.ts';
import { JOB_KINDS } from '../../../jobs/job-queue.ts';
import { dropJob, groupJobs, jobsAfter, retryJob, retryJobs, type JobRefusal } from '../../jobs.ts';
import { actionOf } from '../caller.ts';
import { endpoint } from '../endpoint.ts';
import { nextCursor, paging, readCursor, reason, time, writeCursor } from '../schemas.ts';

const kind = z.enum(JOB_KINDS, `expected one of ${JOB_KINDS.join(', ')}`);
const state = z.enum(['waiting', 'running', 'dead'], 'expected waiting, running or dead');
const key = z.string('expected the key of a job').min(1, 'expected the key of a job').max(1000);
const why = z.string().optional().meta({ description: 'The reason of the last failure.' });

const WHY_NOT: Record<JobRefusal, string> = {
  unknown: 'There is no job with this key.',
  done: 'The job is done already.',
  waiting: 'The job waits already, and will be tried by itself.',
  running: 'A process works on the job at this moment; wait until it is waiting or dead.',
};

/** @throws {Problem} why nothing was done */
function refuse(problem: JobRefusal | undefined): void {
  if (problem === undefined) return;
  throw new Problem(
    problem === 'unknown' ? 404 : 409,
    problem === 'unknown' ? 'job_unknown' : 'nothing_changed',
    WHY_NOT[problem],
  );
}

const count = endpoint({
  name: 'countJobs',
  method: 'GET',
  path: '/jobs',
  tells: 'Counts the jobs that wait, run, or have failed for good, by kind and reason.',
  role: 'system',
  query: z.strictObject({ kind: kind.optional() }),
  answer: z.strictObject({
    groups: z.array(z.strictObject({ kind: z.string(), state, count: z.number().int(), oldest_at: time, reason: why })),
  }),
  run: async ({ deps, query }) => ({
    groups: (await groupJobs(deps, query.kind)).map(({ oldest_at: at, ...group }) => ({ ...group, oldest_at: iso(at) })),
  }),
});

const list = endpoint({
  name: 'listJobs',
  method: 'GET',
  path: '/jobs/list',
  tells: 'Lists the jobs of a state. What is in a job is never shown, because it is personal data.',
  role: 'system',
  query: z.strictObject({ state, kind: kind.optional(), ...paging }),
  answer: z.strictObject({
    jobs: z.array(
      z.strictObject({
        key: z.string(),
        kind: z.string(),
        state,
        attempts: z.number().int(),
        created_at: time,
        run_at: time,
        reason: why,
      }),
    ),
    next_cursor: nextCursor,
  }),
  async run({ deps, query }) {
    const after = readCursor(z.string(), query.cursor) ?? '';
    const { jobs, next } = await jobsAfter(deps, { ...query, after });
    return {
      jobs: jobs.map((job) => ({
        key: job.key,
        kind: job.kind,
        state: query.state,
        attempts: job.attempts,
        created_at: iso(job.created_at),
        run_at: iso(job.run_at),
        reason: job.last_error,
      })),
      next_cursor: next === undefined ? undefined : writeCursor(next),
    };
  },
});

const retry = endpoint({
  name: 'retryJobs',
  method: 'POST',
  path: '/jobs/retry',
  tells: 'Tries a job again that has failed for good, or all of a kind.',
  role: 'system',
  body: z.strictObject({ reason, key: key.optional(), kind: kind.optional() }),
  answer: z.strictObject({ retried: z.number().int() }),
  isAction: true,
  refusals: { 404: ['job_unknown'], 409: ['nothing_changed'], 422: ['reason_personal'] },
  async run({ deps, caller, body, resumed }) {
    const action = actionOf(caller, body.reason);
    if (body.kind !== undefined && body.key === undefined) return { retried: await retryJobs(deps, body.kind, action) };
    if (body.key === undefined || body.kind !== undefined)
      throw new Problem(400, 'request_invalid', 'The request is invalid; see errors.', {
        errors: { key: 'expected either key or kind' },
      });
    const problem = await retryJob(deps, body.key, action);
    if (!resumed || problem === 'unknown') refuse(problem);
    return { retried: 1 };
  },
});

const drop = endpoint({
  name: 'dropJob',
  method: 'POST',
  path: '/jobs/drop',
  tells: 'Removes a job that has failed for good, or that waits. What it was for is not done.',
  role: 'system',
  body: z.strictObject({ reason, key }),
  answer: z.strictObject({ dropped: z.number().int() }),
  isAction: true,
  refusals: { 404: ['job_unknown'], 409: ['nothing_changed'], 422: ['reason_personal'] },
  async run({ deps, caller, body, resumed }) {
    const problem = await dropJob(deps, body.key, actionOf(caller, body.reason));
    if (!resumed || problem !== 'unknown') refuse(problem);
    return { dropped: 1 };
  },
});

export const JOB_ENDPOINTS = [count, list, retry, drop];
