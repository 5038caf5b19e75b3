// Joins the counts of waiting and dead jobs, as both backends read them.
import type { EpochMilliseconds } from '../domain/account.ts';
import type { JobsOfKind } from './storage.ts';

/** The waiting jobs of a kind, and the earliest of their times. */
export type WaitingOfKind = Omit<JobsOfKind, 'dead' | 'due_since'> & { first: EpochMilliseconds };

/** Returns one entry for each kind that has a job. */
export function jobsOfKind(waiting: readonly WaitingOfKind[], dead: readonly Pick<JobsOfKind, 'kind' | 'dead'>[]): JobsOfKind[] {
  const kinds = new Set([...waiting, ...dead].map(({ kind }) => kind));
  return [...kinds].map((kind) => {
    const { due = 0, running = 0, later = 0, first } = waiting.find((each) => each.kind === kind) ?? {};
    const found = dead.find((each) => each.kind === kind);
    return { kind, due, running, later, dead: found?.dead ?? 0, ...(due > 0 && first !== undefined && { due_since: first }) };
  });
}
