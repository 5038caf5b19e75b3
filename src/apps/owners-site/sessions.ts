// The owners site's sessions, stored on the server. The browser holds an opaque token.
import type { AppDatabase } from '../open-app-database.ts';
import { hashOpaqueToken, newOpaqueToken } from './opaque-token.ts';

/** Longer than the hour that the common ID allows for its pages, so that people come back signed in. */
const IDLE_MS = 2 * 60 * 60 * 1000;
const ABSOLUTE_MS = 12 * 60 * 60 * 1000;
/** `seen_at` is updated at most this often, to avoid a write for every page. */
const SEEN_STEP_MS = 60 * 1000;

export type Session = {
  /** The hash of the token; identifies the session in other tables. */
  id: string;
  /** Absent after logout, when the session only holds the ID token for the logout at the common ID. */
  user_id?: string;
  /** When the user entered the password. */
  auth_time: number;
  id_token?: string;
};

export type Sessions = {
  /** Starts a session and returns its token. */
  start(userId: string): string;
  /** Finds the session of a token, unless it has ended, and extends it. */
  find(token: string): Session | undefined;
  keepIdToken(id: string, idToken: string): void;
  /** Ends the session. Returns a new token if an ID token is kept for the logout at the common ID. */
  signOut(session: Session): string | undefined;
  end(id: string): void;
  /** Ends every session of the user, here and on other devices. */
  endAllOf(userId: string): void;
  sweep(): void;
};

/** Creates the store of sessions. */
export function createSessions(database: AppDatabase, clock: () => number): Sessions {
  const insert = database.prepare(
    'INSERT INTO sessions (token_hash, user_id, auth_time, seen_at, id_token) VALUES (?, ?, ?, ?, ?)',
  );
  const select = database.prepare('SELECT * FROM sessions WHERE token_hash = ? AND seen_at > ? AND auth_time > ?');
  const see = database.prepare('UPDATE sessions SET seen_at = ? WHERE token_hash = ?');
  const setIdToken = database.prepare('UPDATE sessions SET id_token = ? WHERE token_hash = ?');
  const remove = database.prepare('DELETE FROM sessions WHERE token_hash = ?');
  const removeAll = database.prepare('DELETE FROM sessions WHERE user_id = ?');
  const removeOld = database.prepare('DELETE FROM sessions WHERE seen_at <= ? OR auth_time <= ?');

  function insertNew(userId: string | null, idToken: string | null): string {
    const token = newOpaqueToken();
    insert.run(hashOpaqueToken(token), userId, clock(), clock(), idToken);
    return token;
  }

  return {
    start: (userId) => insertNew(userId, null),
    find(token) {
      const now = clock();
      const row = select.get(hashOpaqueToken(token), now - IDLE_MS, now - ABSOLUTE_MS);
      if (!row) return undefined;
      const id = String(row.token_hash);
      if (Number(row.seen_at) + SEEN_STEP_MS < now) see.run(now, id);
      return {
        id,
        auth_time: Number(row.auth_time),
        ...(row.user_id === null ? {} : { user_id: String(row.user_id) }),
        ...(row.id_token === null ? {} : { id_token: String(row.id_token) }),
      };
    },
    keepIdToken(id, idToken) {
      setIdToken.run(idToken, id);
    },
    signOut(session) {
      remove.run(session.id);
      return session.id_token === undefined ? undefined : insertNew(null, session.id_token);
    },
    end(id) {
      remove.run(id);
    },
    endAllOf(userId) {
      removeAll.run(userId);
    },
    sweep() {
      removeOld.run(clock() - IDLE_MS, clock() - ABSOLUTE_MS);
    },
  };
}
