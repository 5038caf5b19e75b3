// Retries a change of a record that another call wrote at the same moment.
import { setTimeout as sleep } from 'node:timers/promises';
import { VersionConflict } from './storage.ts';

/** In every round at least one of the conflicting writers succeeds, so this many concurrent writers all get their turn. */
const ROUNDS = 24;
const LONGEST_PAUSE_MS = 8;

/**
 * Runs a change, and again after each conflict.
 * @param change reads, decides and writes; it is called again after a conflict, so it must not reuse what it read
 * @throws {VersionConflict} if the conflicts do not end
 */
export async function retryOnConflict<T>(change: () => Promise<T>): Promise<T> {
  for (let round = 1; ; round += 1) {
    try {
      return await change();
    } catch (error) {
      if (!(error instanceof VersionConflict) || round === ROUNDS) throw error;
    }
    // Random, so that conflicting writers do not retry at the same time.
    await sleep(Math.random() * Math.min(round, LONGEST_PAUSE_MS));
  }
}
