// The values of a message with a one-time code.

/** A code as people read it, and how many minutes it is valid. */
export type ShownCode = { code: string; minutes: number };
