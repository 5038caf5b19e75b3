// Remembers which costs stored password hashes have, so that a failed login costs the same with and without an account, also after
// PASSWORD_HASH_COST was lowered: accounts keep the old cost until their next login.
import { HIGHEST_COST } from './password-hash.ts';
import type { CounterStore } from '../../storage/storage.ts';

const KEPT_MS = 10 * 365 * 24 * 60 * 60 * 1000;

const keyOf = (cost: number): string => `password-hash-cost:${cost}`;

/** Notes that hashes of this cost are made, or were found. A mark each, so that several processes at once change nothing of one another's. */
export async function noteHashCost(counters: CounterStore, cost: number): Promise<void> {
  if (!(await counters.get(keyOf(cost)))) await counters.add(keyOf(cost), 1, KEPT_MS);
}

/** Notes the present cost. @returns the highest cost that a stored hash is known to have */
export async function highestHashCost(counters: CounterStore, present: number): Promise<number> {
  const costs = Array.from({ length: HIGHEST_COST + 1 - present }, (_, index) => present + index);
  const [, ...known] = await Promise.all([
    noteHashCost(counters, present),
    ...costs.map(async (cost) => ((await counters.get(keyOf(cost))) ? cost : present)),
  ]);
  return Math.max(present, ...known);
}
