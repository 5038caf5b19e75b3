// Runs durable jobs: leases them, runs them, and retries failed ones with a growing delay.
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Deps } from '../deps.ts';
import { NO_TRACES } from '../telemetry/traces.ts';
import { StorageUnavailable, type Job } from '../storage/storage.ts';
import { JOB_KINDS, TRACEPARENT, type JobKind, type JobPayloads } from './job-queue.ts';
import { keepLease, LEASE_MS } from './keep-lease.ts';

/** Thrown if retrying would not help: the job fails immediately. */
export class PermanentJobError extends Error {
  override name = 'PermanentJobError';
}

/** Thrown if the job was not attempted and must run again at a later time. */
export class PostponeJob extends Error {
  override name = 'PostponeJob';
  readonly at: number;

  constructor(at: number, reason: string) {
    super(reason);
    this.at = at;
  }
}

/** Runs one job; an error is the reason for its failure. `signal` aborts long work when the process stops. */
export type JobHandler<Payload = Record<string, unknown>> = {
  run(payload: Payload, job: Job, signal: AbortSignal): Promise<void>;
  /** How long a job is retried before it fails. */
  giveUpAfterMs: number;
  /** Called once when a job has failed for good. */
  gaveUp?(payload: Payload): Promise<void>;
};

export type JobHandlers = { [Kind in JobKind]: JobHandler<JobPayloads[Kind]> };

const IDLE_MS = 1000;
/** The number of concurrent jobs of one kind. */
export const LANE_WIDTH = 16;
/** How long running jobs may continue when the process stops. Then they are returned to the queue. */
const STOP_AFTER_MS = 3000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5 * 60_000;

/** Returns the delay before a retry, in milliseconds. It doubles up to a limit, with jitter to spread jobs that failed together. */
export function pauseBefore(attempt: number): number {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.max(attempt - 1, 0), LONGEST_PAUSE_MS);
  return Math.round(pause / 2) + randomInt(Math.round(pause / 2) + 1);
}

export type JobRunner = {
  start(): void;
  /** Takes no more jobs, and resolves when the running ones have ended. */
  stop(): Promise<void>;
};

/**
 * Creates the runner.
 * @param handlers returns the current handlers; called for each job
 * @param renewEveryMs how often the lease of a running job is renewed
 */
export function createJobRunner(
  deps: Pick<Deps, 'storage' | 'clock' | 'log' | 'jobs' | 'emit'> &
    Partial<Pick<Deps, 'traces'>> & {
      metrics?: Pick<Deps['metrics'], 'countJob'>;
    },
  handlers: () => JobHandlers,
  renewEveryMs?: number,
): JobRunner {
  const { storage, clock, log, emit, metrics, traces = NO_TRACES } = deps;
  let running: Promise<unknown> | undefined;
  let stopped = false;
  const stopping = new AbortController();
  const wakers = new Set<() => void>();

  async function work(job: Job, kind: JobKind): Promise<void> {
    const { lease } = job;
    if (lease === undefined) throw new Error(`the job ${job.key} is not leased`);
    const renew = async (): Promise<unknown> => storage.jobs.renew(job.key, lease, clock() + LEASE_MS);
    const letGo = keepLease(async () => renew().catch(cannotWork), renewEveryMs);
    try {
      await attempt(job, kind, lease);
    } finally {
      await letGo();
    }
  }

  /** Continues the trace of the request that enqueued the job. */
  async function attempt(job: Job, kind: JobKind, lease: string): Promise<void> {
    const { [TRACEPARENT]: traceparent, ...payload } = job.payload;
    const untraced = traceparent === undefined ? job : { ...job, payload };
    const header = typeof traceparent === 'string' ? traceparent : undefined;
    return traces.begin('consumer', `job ${kind}`, header, async ({ end }) => {
      let isFault = true;
      try {
        await attemptOnce(untraced, kind, lease);
        isFault = false;
      } finally {
        end(`job ${kind}`, { 'common_id.job.kind': kind, 'common_id.job.attempts': job.attempts }, isFault);
      }
    });
  }

  async function attemptOnce(job: Job, kind: JobKind, lease: string): Promise<void> {
    const handler: JobHandler = handlers()[kind];
    try {
      await handler.run(job.payload, job, stopping.signal);
    } catch (error) {
      if (stopping.signal.aborted) return void (await storage.jobs.retry(job.key, lease, clock(), 'the process stopped'));
      const reason = error instanceof Error ? error.message : String(error);
      const permanent = error instanceof PermanentJobError || clock() - job.created_at >= handler.giveUpAfterMs;
      if (error instanceof PostponeJob && !permanent) return void (await storage.jobs.retry(job.key, lease, error.at, reason));
      const outcome = permanent ? 'failed' : 'retried';
      emit('job.failed', { kind, outcome, job: job.key, attempts: job.attempts, reason });
      metrics?.countJob(kind, outcome);
      if (!permanent) await storage.jobs.retry(job.key, lease, clock() + pauseBefore(job.attempts), reason);
      else if (await storage.jobs.bury(job.key, lease, reason)) await handler.gaveUp?.(job.payload);
      return;
    }
    await complete(job.key, lease);
    metrics?.countJob(kind, 'done');
  }

  /** Retries the write, so that a finished job is not repeated because the database was briefly unavailable. */
  async function complete(key: string, lease: string): Promise<void> {
    const deadline = performance.now() + LEASE_MS;
    for (;;) {
      try {
        await storage.jobs.complete(key, lease);
        return;
      } catch (error) {
        if (!(error instanceof StorageUnavailable) || stopped || performance.now() > deadline) throw error;
        await sleep(FIRST_PAUSE_MS);
      }
    }
  }

  const cannotWork = (error: unknown): void =>
    log.error({ detail: error instanceof Error ? error.message : String(error) }, 'jobs cannot be run at the moment');

  /** Waits until a job is enqueued or ends, or a timeout. */
  async function idle(): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        wakers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, IDLE_MS);
      wakers.add(wake);
    });
  }

  const wakeAll = (): void => wakers.forEach((wake) => wake());

  /** Runs the jobs of one kind. Each kind has its own lane, so that mail does not wait for a slow dealer. */
  async function lane(kind: JobKind): Promise<void> {
    const underWay = new Set<Promise<void>>();
    while (!stopped) {
      let leased: Job[] = [];
      try {
        if (underWay.size < LANE_WIDTH) leased = await storage.jobs.lease(LANE_WIDTH - underWay.size, LEASE_MS, kind);
      } catch (error) {
        cannotWork(error);
      }
      for (const job of leased) {
        const done: Promise<void> = work(job, kind)
          .catch(cannotWork)
          .finally(() => {
            underWay.delete(done);
            // The job may have enqueued another one while no lane was waiting.
            wakeAll();
          });
        underWay.add(done);
      }
      if (leased.length === 0 && !stopped) await idle();
    }
    await Promise.all(underWay);
  }

  deps.jobs.onEnqueued(wakeAll);
  return {
    start() {
      running ??= Promise.all(JOB_KINDS.map(lane));
    },
    async stop() {
      stopped = true;
      wakeAll();
      const timer = setTimeout(() => stopping.abort(), STOP_AFTER_MS);
      await running;
      clearTimeout(timer);
    },
  };
}
