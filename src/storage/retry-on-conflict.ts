// Retries a change of a record that another call wrote at the same moment.
import { setTimeout as sleep } from 'node:timers/promises';
import { VersionConflict } from './storage.ts';

/** Of so many who write one record at once each gets its turn: with every round one of them has written. */
const ROUNDS = 24;
const LONGEST_PAUSE_MS = 8;

/**
 * @param change reads, decides and writes; called anew after a conflict, so it must not keep what it read
 * @throws {VersionConflict} where the record never came to rest
 */
export async function retryOnConflict<T>(change: () => Promise<T>): Promise<T> {
  for (let round = 1; ; round += 1) {
    try {
      return await change();
    } catch (error) {
      if (!(error instanceof VersionConflict) || round === ROUNDS) throw error;
    }
    // Of different length for each, so that those who came together do not come back together.
    await sleep(Math.random() * Math.min(round, LONGEST_PAUSE_MS));
  }
}
