// One-time links for a forgotten password.
import type { AppDatabase } from '../open-app-database.ts';
import { inTransaction } from './database.ts';
import { hashOpaqueToken, newOpaqueToken } from './opaque-token.ts';

export const RESET_MINUTES = 30;

export type ResetTokens = {
  /** Returns a new token for the link. Invalidates the user's older tokens. */
  issue(userId: string): string;
  /** Returns the user of a valid token without using it up. */
  find(token: string): string | undefined;
  /** Uses the token up and returns its user. Of parallel calls, one gets the user. */
  use(token: string): string | undefined;
  sweep(): void;
};

/** Creates the store of reset tokens. */
export function createResetTokens(database: AppDatabase, clock: () => number): ResetTokens {
  const insert = database.prepare('INSERT INTO reset_tokens (token_hash, user_id, expires_at) VALUES (?, ?, ?)');
  const removeOthers = database.prepare('DELETE FROM reset_tokens WHERE user_id = ?');
  const select = database.prepare('SELECT user_id FROM reset_tokens WHERE token_hash = ? AND expires_at > ?');
  const take = database.prepare('DELETE FROM reset_tokens WHERE token_hash = ? AND expires_at > ? RETURNING user_id');
  const removeOld = database.prepare('DELETE FROM reset_tokens WHERE expires_at <= ?');
  return {
    issue(userId) {
      const token = newOpaqueToken();
      inTransaction(database, () => {
        removeOthers.run(userId);
        insert.run(hashOpaqueToken(token), userId, clock() + RESET_MINUTES * 60_000);
      });
      return token;
    },
    find(token) {
      const row = select.get(hashOpaqueToken(token), clock());
      return row ? String(row.user_id) : undefined;
    },
    use(token) {
      const row = take.get(hashOpaqueToken(token), clock());
      return row ? String(row.user_id) : undefined;
    },
    sweep() {
      removeOld.run(clock());
    },
  };
}
