// Cleans up behind everybody: removes what has expired, and takes up what somebody left half-made.
import type { Deps } from '../deps.ts';
import { enqueueDelivery } from './enqueue-delivery.ts';

const EVERY_MS = 60_000;
const BATCH = 500;
/** Longer than any request lives: whoever wrote the link is not about to put its delivery on the way. */
const ABANDONED_AFTER_MS = 60_000;

type SweepDeps = Pick<Deps, 'storage' | 'jobs' | 'clock' | 'log'>;

/** Removes what has expired, in small batches; no reader depends on it. */
async function removeExpired({ storage }: SweepDeps): Promise<void> {
  while ((await storage.sweep(BATCH)) === BATCH);
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
      await takeUpDeliveries(deps);
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
