// Remembers the costs of stored password hashes, so that a failed login takes the same time with and without an account. This
// matters after PASSWORD_HASH_COST is lowered, because an account keeps its old cost until its next login.
import { HIGHEST_COST } from './password-hash.ts';
import type { CounterStore } from '../../storage/storage.ts';

const KEPT_MS = 10 * 365 * 24 * 60 * 60 * 1000;

const keyOf = (cost: number): string => `password-hash-cost:${cost}`;

/**
 * Records that hashes of this cost exist. Each cost has its own counter, so that parallel processes do not overwrite each other.
 */
export async function noteHashCost(counters: CounterStore, cost: number): Promise<void> {
  if (!(await counters.get(keyOf(cost)))) await counters.add(keyOf(cost), 1, KEPT_MS);
}

/** Records the current cost. @returns the highest known cost of a stored hash */
export async function highestHashCost(counters: CounterStore, present: number): Promise<number> {
  const costs = Array.from({ length: HIGHEST_COST + 1 - present }, (_, index) => present + index);
  const [, ...known] = await Promise.all([
    noteHashCost(counters, present),
    ...costs.map(async (cost) => ((await counters.get(keyOf(cost))) ? cost : present)),
  ]);
  return Math.max(present, ...known);
}
