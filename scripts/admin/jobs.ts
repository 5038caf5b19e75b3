// npm run admin -- jobs …: what waits to be done or has failed for good, and why.
import type { Deps } from '../../src/deps.ts';
import { JOB_KINDS } from '../../src/jobs/job-queue.ts';
import {
  dropJob,
  firstJobs,
  groupJobs,
  retryJob,
  retryJobs,
  shownStateOf,
  type JobRefusal,
  type ShownState,
} from '../../src/operations/jobs.ts';
import { actionOf, BY, NEEDS_BY, withDesk } from './desk.ts';
import { didYouMean } from './did-you-mean.ts';
import { table } from './table.ts';
import { createTopic, type Action } from './topic.ts';
import { UsageError } from './usage-error.ts';

const STATES: readonly ShownState[] = ['waiting', 'running', 'dead'];
const MOST = 1000;
const WHY_NOT: Record<JobRefusal, string> = {
  unknown: 'there is no job with this key; npm run admin -- jobs list --state dead shows keys',
  done: 'it is done already',
  waiting: 'it waits already, and will be tried by itself',
  running: 'a process works on it at this moment; wait until it is waiting or dead',
};

const list: Action = {
  does: 'counts the jobs that wait, run, or have failed for good, by kind and reason; with --state, lists them',
  options: {
    kind: 'only jobs of this kind, such as send_mail',
    state: 'lists each job of this state: waiting, running or dead',
    limit: 'how many to list; default: 100',
  },
  async run({ values: { kind, state: named, limit = '100' }, ...input }) {
    checkKind(kind);
    const state = STATES.find((one) => one === named);
    if (named !== undefined && !state) throw new UsageError(`--state: expected ${STATES.join(', ')}`);
    const most = Number(limit);
    if (!Number.isInteger(most) || most < 1 || most > MOST) throw new UsageError(`--limit: expected a number from 1 to ${MOST}`);
    return withDesk(input, async (deps) => (state ? listJobs(deps, { state, kind, limit: most }) : countJobs(deps, kind)));
  },
};

async function countJobs(deps: Pick<Deps, 'storage' | 'clock'>, kind: string | undefined) {
  const groups = await groupJobs(deps, kind);
  const json = groups.map(({ oldest_at: at, ...group }) => ({ ...group, oldest_at: new Date(at).toISOString() }));
  const rows = groups.map((one) => [one.kind, one.state, String(one.count), ageOf(deps, one.oldest_at), one.reason ?? '–']);
  const text = rows.length === 0 ? 'There are no jobs.\n' : table([['KIND', 'STATE', 'COUNT', 'OLDEST', 'REASON'], ...rows]);
  return { json, text };
}

async function listJobs(deps: Pick<Deps, 'storage' | 'clock'>, of: Parameters<typeof firstJobs>[1]) {
  const jobs = await firstJobs(deps, of);
  // The payload may be personal data.
  const json = jobs.map((job) => ({
    key: job.key,
    kind: job.kind,
    state: shownStateOf(job, deps.clock()),
    attempts: job.attempts,
    created_at: new Date(job.created_at).toISOString(),
    run_at: new Date(job.run_at).toISOString(),
    reason: job.last_error ?? null,
  }));
  const rows = jobs.map((job) => [job.key, job.kind, String(job.attempts), ageOf(deps, job.created_at), job.last_error ?? '–']);
  const text = rows.length === 0 ? 'There are no such jobs.\n' : table([['KEY', 'KIND', 'TRIES', 'AGE', 'REASON'], ...rows]);
  return { json, text };
}

const retry: Action = {
  does: 'restarts a job that has failed for good, or all of a kind',
  options: { ...BY, key: 'the key of the job', kind: 'all jobs of this kind that have failed for good' },
  needs: NEEDS_BY,
  async run({ values, ...input }) {
    const { key, kind } = values;
    if ((key === undefined) === (kind === undefined)) throw new UsageError('give --key or --kind');
    checkKind(kind);
    const action = actionOf(values);
    return withDesk(input, async (deps) => {
      if (kind !== undefined) {
        const count = await retryJobs(deps, kind, action);
        return { json: { kind, retried: count }, text: `${count} jobs are tried again.\n` };
      }
      const problem = await retryJob(deps, key ?? '', action);
      if (problem) throw new Error(`${key} was not restarted: ${WHY_NOT[problem]}`);
      return { json: { key, retried: 1 }, text: 'The job is tried again.\n' };
    });
  },
};

const drop: Action = {
  operands: ['<key>'],
  does: 'removes a job that has failed for good, or that waits; what it was for is not done',
  options: BY,
  needs: NEEDS_BY,
  async run({ operands: [key = ''], values, ...input }) {
    const action = actionOf(values);
    return withDesk(input, async (deps) => {
      const problem = await dropJob(deps, key, action);
      if (problem) throw new Error(`${key} was not dropped: ${WHY_NOT[problem]}`);
      return { json: { key, dropped: true }, text: 'The job is gone.\n' };
    });
  },
};

export const command = createTopic('jobs', { list, retry, drop });

function checkKind(kind: string | undefined): void {
  if (kind === undefined || JOB_KINDS.some((known) => known === kind)) return;
  throw new UsageError(`--kind: there is no ${kind}${didYouMean(kind, JOB_KINDS)}`);
}

/** Says how long ago something was, in its largest unit. */
function ageOf({ clock }: Pick<Deps, 'clock'>, at: number): string {
  const minutes = Math.floor((clock() - at) / 60_000);
  if (minutes < 1) return 'under 1 min';
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2 * 24 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / (24 * 60))} days`;
}
