// 次回からユーザーIDの入力を省略: remembers the user ID on this device. The cookie holds an opaque token, never the ID itself.
import type { AppDatabase } from '../open-app-database.ts';
import { hashOpaqueToken, newOpaqueToken } from './opaque-token.ts';

/** How long a device is remembered after the last login. */
export const REMEMBERED_MS = 180 * 24 * 60 * 60 * 1000;

export type RememberedUsers = {
  /** Returns the token for the cookie. */
  remember(userId: string): string;
  find(token: string): string | undefined;
  forget(token: string): void;
  sweep(): void;
};

/** Creates the store of remembered devices. */
export function createRememberedUsers(database: AppDatabase, clock: () => number): RememberedUsers {
  const insert = database.prepare('INSERT INTO remembered_users (token_hash, user_id, expires_at) VALUES (?, ?, ?)');
  const select = database.prepare('SELECT user_id FROM remembered_users WHERE token_hash = ? AND expires_at > ?');
  const remove = database.prepare('DELETE FROM remembered_users WHERE token_hash = ?');
  const removeOld = database.prepare('DELETE FROM remembered_users WHERE expires_at <= ?');
  return {
    remember(userId) {
      const token = newOpaqueToken();
      insert.run(hashOpaqueToken(token), userId, clock() + REMEMBERED_MS);
      return token;
    },
    find(token) {
      const row = select.get(hashOpaqueToken(token), clock());
      return row ? String(row.user_id) : undefined;
    },
    forget(token) {
      remove.run(hashOpaqueToken(token));
    },
    sweep() {
      removeOld.run(clock());
    },
  };
}
