// Works off durable jobs: leases them, does them, gives them back with a growing pause where they fail.
import { randomInt } from 'node:crypto';
import type { Deps } from '../deps.ts';
import type { Job } from '../storage/storage.ts';
import type { JobKind } from './job-queue.ts';

/** Trying again is of no use: the job is given up at once. */
export class HopelessJob extends Error {
  override name = 'HopelessJob';
}

/** Does one job; what it throws is why it failed. */
export type JobHandler = {
  run(payload: Record<string, unknown>, job: Job): Promise<void>;
  /** After this long it is given up. */
  giveUpAfterMs: number;
  /** Called once when it was given up. */
  gaveUp?(payload: Record<string, unknown>): Promise<void>;
};

const LEASE_MS = 60_000;
const IDLE_MS = 1000;
const BATCH = 16;
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

/** @param handlers those in force; asked for each job */
export function createJobRunner(
  deps: Pick<Deps, 'storage' | 'clock' | 'log' | 'jobs'>,
  handlers: () => Record<JobKind, JobHandler>,
): JobRunner {
  const { storage, clock, log } = deps;
  let running: Promise<void> | undefined;
  let stopping = false;
  let wake: () => void = () => undefined;

  async function work(job: Job): Promise<void> {
    const handler = handlers()[job.kind as JobKind];
    const lease = job.lease as string;
    try {
      await handler.run(job.payload, job);
      await storage.jobs.complete(job.key, lease);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const hopeless = error instanceof HopelessJob || clock() - job.created_at >= handler.giveUpAfterMs;
      log.warn(
        { job: job.key, kind: job.kind, attempts: job.attempts, reason, dead: hopeless },
        hopeless ? 'job given up' : 'job failed, will be tried again',
      );
      if (!hopeless) await storage.jobs.retry(job.key, lease, clock() + pauseBefore(job.attempts), reason);
      else if (await storage.jobs.bury(job.key, lease, reason)) await handler.gaveUp?.(job.payload);
    }
  }

  async function loop(): Promise<void> {
    while (!stopping) {
      let leased: Job[] = [];
      try {
        leased = await storage.jobs.lease(BATCH, LEASE_MS);
        await Promise.all(leased.map(work));
      } catch (error) {
        log.error({ detail: error instanceof Error ? error.message : String(error) }, 'jobs cannot be worked off at present');
      }
      // A job may have enqueued another, whose wake-up call nobody heard.
      if (leased.length > 0 || stopping) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, IDLE_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  deps.jobs.onEnqueued(() => wake());
  return {
    start() {
      running ??= loop();
    },
    async stop() {
      stopping = true;
      wake();
      await running;
    },
  };
}
