// The owners site's record of migrations: pending attempts, and completed ones.
import { fromJson, toJson, type Json } from '../../json.ts';
import type { AppDatabase } from '../open-app-database.ts';

/** Longer than the hour for which the common ID keeps an interaction. */
const ATTEMPT_MS = 2 * 60 * 60 * 1000;

/** The button pressed at ③: get a new ID, or use an existing one. */
export type Way = 'new' | 'existing';

/** The values an authorization response is checked against (OpenID Connect Core 3.1.2.7, RFC 7636). */
export type Attempt = { state: string; nonce: string; codeVerifier: string };

/** The dealer link in the common ID's latest answer. */
export type DealerLink = { dealer: string; status: string };

/** `completed_at` is set when the site has redeemed a code. */
export type Migrated = { way: Way; completed_at?: number; dealer_link?: DealerLink };

export type Migrations = {
  /** Stores an attempt of this session and the chosen way. Returns false, and stores nothing, if the session has ended. */
  start(sessionId: string, userId: string, way: Way, attempt: Attempt): boolean;
  /**
   * Removes and returns the attempt, if this session started it. This stops an attacker from luring a person into finishing the
   * attacker's migration. Of parallel calls, one gets the attempt.
   */
  take(sessionId: string, state: string): Attempt | undefined;
  complete(userId: string, dealerLink: DealerLink | undefined): void;
  find(userId: string): Migrated | undefined;
  /** Resets a migration completed before this moment, because the person has undone it at the common ID. */
  reopen(userId: string, completedBefore: number): void;
  sweep(): void;
};

type MigrationRow = { way: Way; completed_at: number | null; dealer_link: Json<DealerLink> | null };

/** Creates the store of migrations. */
export function createMigrations(database: AppDatabase, clock: () => number): Migrations {
  const insertAttempt = database.prepare(
    `INSERT INTO migration_attempts (state, session, nonce, code_verifier, expires_at)
     SELECT ?, token_hash, ?, ?, ? FROM sessions WHERE token_hash = ?`,
  );
  const putWay = database.prepare(
    'INSERT INTO migrations (user_id, way) VALUES (?, ?) ON CONFLICT (user_id) DO UPDATE SET way = excluded.way',
  );
  const takeAttempt = database.prepare<{ nonce: string; code_verifier: string }>(
    'DELETE FROM migration_attempts WHERE state = ? AND session = ? AND expires_at > ? RETURNING *',
  );
  const setCompleted = database.prepare('UPDATE migrations SET completed_at = ?, dealer_link = ? WHERE user_id = ?');
  const unsetCompleted = database.prepare(
    'UPDATE migrations SET completed_at = NULL, dealer_link = NULL WHERE user_id = ? AND completed_at < ?',
  );
  const select = database.prepare<MigrationRow>('SELECT * FROM migrations WHERE user_id = ?');
  const removeOld = database.prepare('DELETE FROM migration_attempts WHERE expires_at <= ?');
  return {
    start(sessionId, userId, way, { state, nonce, codeVerifier }) {
      if (insertAttempt.run(state, nonce, codeVerifier, clock() + ATTEMPT_MS, sessionId).changes === 0) return false;
      putWay.run(userId, way);
      return true;
    },
    take(sessionId, state) {
      const row = takeAttempt.get(state, sessionId, clock());
      return row && { state, nonce: row.nonce, codeVerifier: row.code_verifier };
    },
    complete(userId, dealerLink) {
      setCompleted.run(clock(), dealerLink ? toJson(dealerLink) : null, userId);
    },
    find(userId) {
      const row = select.get(userId);
      return (
        row && {
          way: row.way,
          ...(row.completed_at === null ? {} : { completed_at: row.completed_at }),
          ...(row.dealer_link === null ? {} : { dealer_link: fromJson(row.dealer_link) }),
        }
      );
    },
    reopen(userId, completedBefore) {
      unsetCompleted.run(userId, completedBefore);
    },
    sweep() {
      removeOld.run(clock());
    },
  };
}
