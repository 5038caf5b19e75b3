// The type of every stored time.

/** A time in milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMilliseconds = number;

/** The expiry of a record that stays. */
export const NEVER: EpochMilliseconds = Date.UTC(9999, 0, 1);
