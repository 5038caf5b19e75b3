// Counts attempts (logins, mails) by target and by network address, and slows them down. Nobody is locked out for good.
import { createHash } from 'node:crypto';
import type { AppDatabase } from '../open-app-database.ts';
import { inTransaction } from './database.ts';

export type TryLimit = {
  /** Identifies the counter, together with the key. */
  purpose: string;
  /** How many attempts pass without a wait. */
  free: number;
  /** The first wait after those; it doubles with each further attempt. */
  firstWaitMs: number;
  longestWaitMs: number;
  /** The count restarts after this long without an attempt. */
  forgetAfterMs: number;
};

const MINUTE_MS = 60_000;

/** Wrong passwords for one user ID. */
export const LOGIN_OF_USER: TryLimit = {
  purpose: 'login-user',
  free: 5,
  firstWaitMs: MINUTE_MS / 2,
  longestWaitMs: 15 * MINUTE_MS,
  forgetAfterMs: 30 * MINUTE_MS,
};
/**
 * Wrong passwords from one address (see `sourceOf`), for all user IDs. Mobile carriers put thousands of people behind one
 * address, so beyond the limit it is slowed down and not blocked (docs/limits.md).
 */
export const LOGIN_FROM_ADDRESS: TryLimit = {
  purpose: 'login-from',
  free: 600,
  firstWaitMs: 2000,
  longestWaitMs: 2000,
  forgetAfterMs: 15 * MINUTE_MS,
};
/** Mails to one person. */
export const MAIL_TO_USER: TryLimit = {
  purpose: 'mail-to',
  free: 3,
  firstWaitMs: 10 * MINUTE_MS,
  longestWaitMs: 60 * MINUTE_MS,
  forgetAfterMs: 120 * MINUTE_MS,
};
/** Mails requested from one address. */
export const MAIL_FROM_ADDRESS: TryLimit = { ...LOGIN_FROM_ADDRESS, purpose: 'mail-from', forgetAfterMs: 60 * MINUTE_MS };

export type Tries = {
  /**
   * Counts an attempt before it is checked, so that parallel attempts cannot all pass.
   * @returns how long to wait, in milliseconds; 0 if the attempt may proceed
   */
  count(limit: TryLimit, key: string): number;
  /** Uncounts a successful attempt. */
  giveBack(limit: TryLimit, key: string): void;
  /** Resets the counter. */
  forget(limit: TryLimit, key: string): void;
  sweep(): void;
};

/** Counters are deleted after this long. */
const SWEEP_AFTER_MS = 24 * 60 * MINUTE_MS;

/** Creates the counters. */
export function createTries(database: AppDatabase, clock: () => number): Tries {
  const select = database.prepare('SELECT count, last_at, blocked_until FROM tries WHERE key = ?');
  const put = database.prepare('INSERT OR REPLACE INTO tries (key, count, last_at, blocked_until) VALUES (?, ?, ?, ?)');
  const lower = database.prepare('UPDATE tries SET count = max(0, count - 1), blocked_until = 0 WHERE key = ?');
  const remove = database.prepare('DELETE FROM tries WHERE key = ?');
  const removeOld = database.prepare('DELETE FROM tries WHERE last_at <= ?');
  // The key is hashed because people may type anything into the user ID field, even their password.
  const keyOf = (limit: TryLimit, key: string): string =>
    createHash('sha256').update(`${limit.purpose}:${key}`).digest('base64url');

  return {
    count(limit, name) {
      const key = keyOf(limit, name);
      const now = clock();
      return inTransaction(database, () => {
        const row = select.get(key);
        if (row && Number(row.blocked_until) > now) return Number(row.blocked_until) - now;
        const remembered = row !== undefined && Number(row.last_at) + limit.forgetAfterMs > now;
        const count = (remembered ? Number(row.count) : 0) + 1;
        const over = count - limit.free;
        const wait = over < 0 ? 0 : Math.min(limit.longestWaitMs, limit.firstWaitMs * 2 ** Math.min(over, 30));
        put.run(key, count, now, wait === 0 ? 0 : now + wait);
        return 0;
      });
    },
    giveBack(limit, name) {
      lower.run(keyOf(limit, name));
    },
    forget(limit, name) {
      remove.run(keyOf(limit, name));
    },
    sweep() {
      removeOld.run(clock() - SWEEP_AFTER_MS);
    },
  };
}
