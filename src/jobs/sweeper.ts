// Cleans up: removes what has expired, and finishes work that a process left half-done.
import type { Deps } from '../deps.ts';
import { anchorDaily } from './anchor-ledger.ts';
import { enqueueDelivery } from './enqueue-delivery.ts';
import { JOB_KINDS } from './job-queue.ts';

const EVERY_MS = 60_000;
const BATCH = 500;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Longer than any request lives: the process that wrote the link will not queue its delivery any more. */
const ABANDONED_AFTER_MS = 60_000;
const UNKNOWN_AFTER_MS = 60 * 60 * 1000;

type SweepDeps = Pick<Deps, 'config' | 'storage' | 'jobs' | 'clock' | 'log'>;

/** Removes what has expired, in small batches; no reader depends on it. */
async function removeExpired({ storage }: SweepDeps): Promise<void> {
  while ((await storage.sweep(BATCH)) === BATCH);
}

/** Finished jobs are of no use. Jobs that were given up are kept for a month, so that operators can find out why. */
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
  const count = await storage.jobs.buryOthers(
    JOB_KINDS,
    clock() - UNKNOWN_AFTER_MS,
    'no version that runs knows this kind',
    BATCH,
  );
  if (count > 0) log.warn({ count }, 'jobs of unknown kinds given up');
}

/** A process that died between writing a link and its delivery left a link that nobody would tell the dealer about. */
async function takeUpDeliveries({ storage, jobs, clock }: SweepDeps): Promise<void> {
  const links = await storage.dealerLinks.listByStatus('pending', clock() - ABANDONED_AFTER_MS, BATCH);
  for (const link of links) await enqueueDelivery(jobs, link);
}

/** @returns what stops it */
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
