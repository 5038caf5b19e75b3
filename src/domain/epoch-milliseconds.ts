// How this program stores moments.

/** A moment in milliseconds since 1970-01-01T00:00:00Z, as every stored time of this program. */
export type EpochMilliseconds = number;
