import type { EpochMilliseconds } from './account.ts';

/** Writes a time in ISO 8601, in UTC. */
export const iso = (time: EpochMilliseconds): string => new Date(time).toISOString();

/** Does the same, if there is a time. */
export const isoIfAny = (time: EpochMilliseconds | undefined): string | undefined => (time === undefined ? undefined : iso(time));
