// The sessions of a client app with their tokens, and its pending authorization requests. Browsers hold random ids; the file holds only
// their hashes.
import { createHash, randomBytes } from 'node:crypto';
import { fromJson, toJson, type Json } from '../json.ts';
import { openAppDatabase, type AppDatabase } from './open-app-database.ts';
import type { Login, LogoutToken, RequestSecrets, Tokens } from './identity-provider.ts';

/** An interaction at the common ID takes up to an hour. */
const REQUEST_LIFETIME_MS = 70 * 60 * 1000;

/** Other processes hold the lock on the file for a few milliseconds at most. */
const LOCK_WAIT_MS = 5000;

/** A session. `Parts` are the values that the app keeps with it. */
export type Session<Parts> = {
  /** Identifies the session in the store. A browser cannot sign in with it. */
  key: string;
  sub: string;
  idToken: string;
  tokens: Tokens;
  parts: Partial<Parts>;
};

/** An authorization request that waits for its response. */
export type PendingRequest = RequestSecrets & {
  /** A path on this site. */
  returnTo: string;
};

export type SessionStore<Parts, Request extends PendingRequest> = {
  /**
   * Stores a new session and returns the id for the browser's cookie. Returns undefined if the common ID has already reported
   * the logout of this session.
   */
  create(login: Login): string | undefined;
  findById(id: string): Session<Parts> | undefined;
  find(key: string): Session<Parts> | undefined;
  /** Stores the newer session id and ID token after the person came back from the common ID. */
  renew(key: string, login: Pick<Login, 'sid' | 'idToken' | 'issuedAt'>): void;
  saveTokens(key: string, tokens: Tokens): void;
  save<Part extends keyof Parts>(key: string, part: Part, value: Parts[Part]): void;
  /** Removes a part and returns it, so that it is shown once. */
  take<Part extends keyof Parts>(key: string, part: Part): Parts[Part] | undefined;
  remove(key: string): void;
  /**
   * Ends the sessions named by a logout token: those of `sid`, or all of `sub`, that began no later than the logout. Returns
   * their number, or undefined if the token was already used. Parallel processes agree on who used it first.
   */
  removeLoggedOut(token: LogoutToken): number | undefined;
  /** Stores an authorization request for the browser that started it. */
  keepRequest(browser: string, request: Request): void;
  /** Removes and returns the request with this state, if this browser started it. */
  takeRequest(browser: string, state: string): Request | undefined;
  close(): void;
};

type SessionRow = { key: string; sub: string; id_token: string; tokens: Json<Tokens> } & Record<string, string | null>;

/** Returns 256 random bits in base64url. */
export function randomId(): string {
  return randomBytes(32).toString('base64url');
}

function hashOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}

/** Adds the columns that files of older versions do not have. */
function addColumns(database: AppDatabase, parts: readonly string[]): void {
  const columns = database.prepare<{ name: string }>('PRAGMA table_info (sessions)').all();
  // A session without the time of its ID token is ended by any logout.
  for (const [name, type] of [['issued_at', 'INTEGER NOT NULL DEFAULT 0'], ...parts.map((part) => [part, 'TEXT'])]) {
    if (columns.some((column) => column.name === name)) continue;
    try {
      database.exec(`ALTER TABLE sessions ADD COLUMN ${name} ${type}`);
    } catch (error) {
      // Another process added the column at the same moment.
      if (!String(error).includes('duplicate column')) throw error;
    }
  }
}

/**
 * Opens the file, or creates it. Each part of a session has its own column, so that parallel requests of one person do not
 * overwrite new tokens with old ones.
 * @param parts the names of the parts, which are the names of their columns
 * @param lifetimeMs a session ends after this time, even if it is used
 */
export function openSessionStore<Parts extends object, Request extends PendingRequest>(
  path: string,
  clock: () => number,
  { parts, lifetimeMs }: { parts: readonly (keyof Parts & string)[]; lifetimeMs: number },
): SessionStore<Parts, Request> {
  const database = openAppDatabase(path);
  database.exec(`
    PRAGMA busy_timeout = ${LOCK_WAIT_MS};
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS sessions (
      key TEXT PRIMARY KEY,
      sub TEXT NOT NULL,
      sid TEXT,
      id_token TEXT NOT NULL,
      tokens TEXT NOT NULL,
      expires_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS sessions_sub ON sessions (sub);
    CREATE TABLE IF NOT EXISTS logout_tokens (
      jti TEXT PRIMARY KEY,
      sub TEXT,
      sid TEXT,
      issued_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS requests (
      state TEXT PRIMARY KEY,
      browser TEXT NOT NULL,
      request TEXT NOT NULL,
      expires_at INTEGER NOT NULL
    ) STRICT;
  `);
  addColumns(database, parts);
  const sweepSessions = database.prepare('DELETE FROM sessions WHERE expires_at <= ?');
  const sweepRequests = database.prepare('DELETE FROM requests WHERE expires_at <= ?');
  const insertSession = database.prepare(
    `INSERT INTO sessions (key, sub, sid, id_token, issued_at, tokens, expires_at) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
     WHERE NOT EXISTS (SELECT 1 FROM logout_tokens WHERE iif(sid IS NULL, sub = ?2 AND issued_at > ?5, sid = ?3 AND issued_at >= ?5))`,
  );
  const selectSession = database.prepare<SessionRow>(
    `SELECT ${['key', 'sub', 'id_token', 'tokens', ...parts].join(', ')} FROM sessions WHERE key = ? AND expires_at > ?`,
  );
  const setLogin = database.prepare('UPDATE sessions SET sid = ?, id_token = ?, issued_at = ? WHERE key = ?');
  const setTokens = database.prepare('UPDATE sessions SET tokens = ? WHERE key = ?');
  const setPart = new Map<keyof Parts, ReturnType<AppDatabase['prepare']>>(
    parts.map((part) => [part, database.prepare(`UPDATE sessions SET ${part} = ? WHERE key = ?`)]),
  );
  const deleteSession = database.prepare('DELETE FROM sessions WHERE key = ?');
  const sweepLogoutTokens = database.prepare('DELETE FROM logout_tokens WHERE expires_at <= ?');
  const insertLogoutToken = database.prepare(
    'INSERT OR IGNORE INTO logout_tokens (jti, sub, sid, issued_at, expires_at) VALUES (?, ?, ?, ?, ?)',
  );
  const deleteBySid = database.prepare('DELETE FROM sessions WHERE sid = ? AND issued_at <= ?');
  const deleteBySub = database.prepare('DELETE FROM sessions WHERE sub = ? AND issued_at <= ?');
  const insertRequest = database.prepare('INSERT INTO requests (state, browser, request, expires_at) VALUES (?, ?, ?, ?)');
  const takeRequest = database.prepare<{ request: Json<Request> }>(
    'DELETE FROM requests WHERE state = ? AND browser = ? AND expires_at > ? RETURNING request',
  );

  function find(key: string): Session<Parts> | undefined {
    const row = selectSession.get(key, clock());
    if (!row) return undefined;
    const kept: Partial<Parts> = {};
    for (const part of parts) {
      const text = row[part];
      // The app wrote these columns with `save`.
      if (typeof text === 'string') kept[part] = JSON.parse(text);
    }
    return {
      key: row.key,
      sub: row.sub,
      idToken: row.id_token,
      tokens: fromJson(row.tokens),
      parts: kept,
    };
  }

  return {
    find,
    findById: (id) => find(hashOf(id)),
    create({ sub, sid, idToken, issuedAt, tokens }) {
      sweepSessions.run(clock());
      const id = randomId();
      const until = clock() + lifetimeMs;
      const { changes } = insertSession.run(hashOf(id), sub, sid ?? null, idToken, issuedAt, toJson(tokens), until);
      return changes === 1 ? id : undefined;
    },
    renew: (key, { sid, idToken, issuedAt }) => void setLogin.run(sid ?? null, idToken, issuedAt, key),
    saveTokens: (key, tokens) => void setTokens.run(toJson(tokens), key),
    save: (key, part, value) => void setPart.get(part)?.run(toJson(value), key),
    take(key, part) {
      const value = find(key)?.parts[part];
      if (value !== undefined) setPart.get(part)?.run(null, key);
      return value;
    },
    remove: (key) => void deleteSession.run(key),
    removeLoggedOut({ sub, sid, jti, issuedAt, expiresAt }) {
      database.exec('BEGIN IMMEDIATE');
      try {
        sweepLogoutTokens.run(clock());
        const isNew = insertLogoutToken.run(jti, sub ?? null, sid ?? null, issuedAt, expiresAt * 1000).changes === 1;
        const ended = isNew && (sid === undefined ? deleteBySub.run(sub ?? '', issuedAt) : deleteBySid.run(sid, issuedAt));
        database.exec('COMMIT');
        return ended ? Number(ended.changes) : undefined;
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
    keepRequest(browser, request) {
      sweepRequests.run(clock());
      insertRequest.run(request.state, hashOf(browser), toJson(request), clock() + REQUEST_LIFETIME_MS);
    },
    takeRequest(browser, state) {
      const row = takeRequest.get(state, hashOf(browser), clock());
      return row && fromJson(row.request);
    },
    close: () => database.close(),
  };
}
