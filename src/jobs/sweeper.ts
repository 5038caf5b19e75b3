// Cleans up regularly: removes expired records, and completes work that a dead process left unfinished.
import type { Deps } from '../deps.ts';
import { anchorDaily } from './anchor-ledger.ts';
import { enqueueDelivery } from './enqueue-delivery.ts';
import { JOB_KINDS } from './job-queue.ts';

const EVERY_MS = 60_000;
const BATCH = 500;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Longer than any request takes, so the process that wrote the link will no longer enqueue its delivery. */
const ABANDONED_AFTER_MS = 60_000;
const UNKNOWN_AFTER_MS = 60 * 60 * 1000;

type SweepDeps = Pick<Deps, 'config' | 'storage' | 'jobs' | 'clock' | 'log'>;

/** Removes expired records in small batches. Readers do not depend on it. */
async function removeExpired({ storage }: SweepDeps): Promise<void> {
  while ((await storage.sweep(BATCH)) === BATCH);
}

/** Removes finished jobs after a week. Failed jobs are kept for a month, so that operators can find out why they failed. */
async function removeEndedJobs({ storage, clock }: SweepDeps): Promise<void> {
  for (const [state, keptDays] of [
    ['done', 7],
    ['dead', 30],
  ] as const) {
    const before = clock() - keptDays * DAY_MS;
    while ((await storage.jobs.removeEnded(state, before, BATCH)) === BATCH);
  }
}

/**
 * Fails jobs of unknown kinds, so that they show up. Only after an hour: during a rolling update, a newer version may know the kind.
 */
async function giveUpUnknown({ storage, clock, log }: SweepDeps): Promise<void> {
  const count = await storage.jobs.buryOthers(JOB_KINDS, clock() - UNKNOWN_AFTER_MS, 'no running version knows this kind', BATCH);
  if (count > 0) log.warn({ count }, 'jobs of unknown kinds failed');
}

/** Enqueues the deliveries of links whose process died between writing the link and its delivery. */
async function takeUpDeliveries({ storage, jobs, clock }: SweepDeps): Promise<void> {
  const links = await storage.dealerLinks.listByStatus('pending', clock() - ABANDONED_AFTER_MS, BATCH);
  for (const link of links) await enqueueDelivery(jobs, link);
}

/**
 * Starts the sweeper.
 * @returns a function that stops it
 */
export function startSweeper(deps: SweepDeps): () => void {
  let sweeping = false;
  const sweep = async (): Promise<void> => {
    if (sweeping) return;
    sweeping = true;
    try {
      await removeExpired(deps);
      await removeEndedJobs(deps);
      await takeUpDeliveries(deps);
      await giveUpUnknown(deps);
      await anchorDaily(deps);
    } catch (error) {
      deps.log.warn({ detail: error instanceof Error ? error.message : String(error) }, 'sweeping failed');
    }
    sweeping = false;
  };
  void sweep();
  const timer = setInterval(() => void sweep(), EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
