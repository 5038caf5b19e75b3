// Removes what has expired, in small batches; reading never depends on it.
import type { Deps } from '../deps.ts';

const EVERY_MS = 60_000;
const BATCH = 500;

/** @returns what stops it */
export function startSweeper({ storage, log }: Pick<Deps, 'storage' | 'log'>): () => void {
  let sweeping = false;
  const sweep = async (): Promise<void> => {
    if (sweeping) return;
    sweeping = true;
    try {
      while ((await storage.sweep(BATCH)) === BATCH);
    } catch (error) {
      log.warn({ detail: error instanceof Error ? error.message : String(error) }, 'sweeping failed');
    }
    sweeping = false;
  };
  const timer = setInterval(() => void sweep(), EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
