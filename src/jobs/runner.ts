// Runs durable jobs: leases them, runs their handlers, and retries them with growing pauses if they fail.
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Deps } from '../deps.ts';
import { StorageUnavailable, type Job } from '../storage/storage.ts';
import type { JobKind } from './job-queue.ts';
import { keepLease, LEASE_MS } from './keep-lease.ts';

/** The job can never succeed: it is given up at once. */
export class PermanentJobError extends Error {
  override name = 'PermanentJobError';
}

/** The job was not tried: it runs again at this time. */
export class PostponeJob extends Error {
  override name = 'PostponeJob';
  readonly at: number;

  constructor(at: number, reason: string) {
    super(reason);
    this.at = at;
  }
}

/** Does one job; what it throws is why it failed. `signal` ends what takes long where the process is to stop. */
export type JobHandler = {
  run(payload: Record<string, unknown>, job: Job, signal: AbortSignal): Promise<void>;
  /** After this long it is given up. */
  giveUpAfterMs: number;
  /** Called once when it was given up. */
  gaveUp?(payload: Record<string, unknown>): Promise<void>;
};

const IDLE_MS = 1000;
/** So many of one kind at once. */
export const LANE_WIDTH = 16;
/** How long work that was begun may go on when the process stops; then it is handed to whoever comes next. */
const STOP_AFTER_MS = 3000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5 * 60_000;

/** Doubles with each try, up to a bound; jittered, so that jobs that failed together do not come back together. */
export function pauseBefore(attempt: number): number {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.max(attempt - 1, 0), LONGEST_PAUSE_MS);
  return Math.round(pause / 2) + randomInt(Math.round(pause / 2) + 1);
}

export type JobRunner = {
  start(): void;
  /** Takes no more, and answers when what was begun has ended. */
  stop(): Promise<void>;
};

/**
 * @param handlers those in force; asked for each job
 * @param renewEveryMs how often a lease is renewed while its job is done
 */
export function createJobRunner(
  deps: Pick<Deps, 'storage' | 'clock' | 'log' | 'jobs'>,
  handlers: () => Record<JobKind, JobHandler>,
  renewEveryMs?: number,
): JobRunner {
  const { storage, clock, log } = deps;
  let running: Promise<unknown> | undefined;
  let stopped = false;
  const stopping = new AbortController();
  const wakers = new Set<() => void>();

  async function work(job: Job): Promise<void> {
    const lease = job.lease as string;
    const renew = async (): Promise<unknown> => storage.jobs.renew(job.key, lease, clock() + LEASE_MS);
    const letGo = keepLease(async () => renew().catch(cannotWork), renewEveryMs);
    try {
      await attempt(job, lease);
    } finally {
      await letGo();
    }
  }

  async function attempt(job: Job, lease: string): Promise<void> {
    const handler = handlers()[job.kind as JobKind];
    try {
      await handler.run(job.payload, job, stopping.signal);
    } catch (error) {
      if (stopping.signal.aborted) return void (await storage.jobs.retry(job.key, lease, clock(), 'the process stopped'));
      const reason = error instanceof Error ? error.message : String(error);
      const permanent = error instanceof PermanentJobError || clock() - job.created_at >= handler.giveUpAfterMs;
      if (error instanceof PostponeJob && !permanent) return void (await storage.jobs.retry(job.key, lease, error.at, reason));
      log.warn(
        { job: job.key, kind: job.kind, attempts: job.attempts, reason, dead: permanent },
        permanent ? 'job given up' : 'job failed, will be tried again',
      );
      if (!permanent) await storage.jobs.retry(job.key, lease, clock() + pauseBefore(job.attempts), reason);
      else if (await storage.jobs.bury(job.key, lease, reason)) await handler.gaveUp?.(job.payload);
      return;
    }
    await complete(job.key, lease);
  }

  /** What was done is not done again because the database is away at that moment. */
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
    log.error({ detail: error instanceof Error ? error.message : String(error) }, 'jobs cannot be worked off at present');

  /** Waits until something was enqueued or has ended, or a while. */
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

  /** Works off one kind. Each kind has a lane of its own: mail does not wait for a dealer who is slow to answer. */
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
        const done: Promise<void> = work(job)
          .catch(cannotWork)
          .finally(() => {
            underWay.delete(done);
            // A job may have enqueued another while nobody listened.
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
      running ??= Promise.all((Object.keys(handlers()) as JobKind[]).map(lane));
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
