// Names of the counters of mailed codes, which requests and jobs share, and their windows.
export const HOUR_MS = 60 * 60 * 1000;
export const DAY_MS = 24 * HOUR_MS;

/** Codes sent in the hour, to all mailboxes together. */
export const CODES_SENT_KEY = 'code-overall:all';

/** Counts the one long code that a mailbox gets in an hour. */
export function longCodeKey(mailbox: string): string {
  return `code-long:${mailbox}`;
}
