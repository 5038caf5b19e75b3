// Names of the counters of mailed codes, which requests and jobs share, and their windows.
export const HOUR_MS = 60 * 60 * 1000;
export const DAY_MS = 24 * HOUR_MS;

/** Codes that were really sent, to anybody, in the hour. */
export const CODES_SENT_KEY = 'code-overall:all';

/** A mailbox got its one long code of the hour. */
export function longCodeKey(mailbox: string): string {
  return `code-long:${mailbox}`;
}
