// The notebook's sessions with their tokens, and its pending authorization requests. Browsers hold random ids; the file
// holds only their hashes.
import { createHash, randomBytes } from 'node:crypto';
import { fromJson, toJson, type Json } from '../../json.ts';
import { openAppDatabase, type AppDatabase } from '../open-app-database.ts';
import type { CustomerClaims } from './customer-claims.ts';
import type { Login, LogoutToken, RequestSecrets, Tokens } from './identity-provider.ts';

/** A session ends after this time, even if it is used. */
const SESSION_LIFETIME_MS = 12 * 60 * 60 * 1000;

/** An interaction at the common ID takes up to an hour. */
const REQUEST_LIFETIME_MS = 70 * 60 * 1000;

/** Other processes hold the lock on the file for a few milliseconds at most. */
const LOCK_WAIT_MS = 5000;

/** A session's access to one dealer. */
export type DealerAccess = {
  resource: string;
  /** The dealer and its link when a token was last requested without asking the person. If this changes, it is requested again. */
  askedFor?: string | undefined;
  tokens?: Tokens | undefined;
};

/** A message shown once, on the next page. */
export type Notice = 'booked' | 'link_refused' | 'link_failed' | 'linked' | 'not_confirmed';

export type Session = {
  /** Identifies the session in the store. A browser cannot sign in with it. */
  key: string;
  sub: string;
  idToken: string;
  /** For UserInfo. */
  tokens: Tokens;
  /** The latest UserInfo response. */
  claims: CustomerClaims | undefined;
  dealer: DealerAccess | undefined;
};

export type PendingRequest = RequestSecrets & {
  /**
   * `login`; `dealer`: requests a dealer's token without asking the person; `link`: the person pressed 連携する; `renewal`: requests new
   * tokens without asking the person, because the old ones ended; `step_up`: the dealer demands another sign-in.
   */
  purpose: 'login' | 'dealer' | 'link' | 'renewal' | 'step_up';
  resource?: string | undefined;
  /** For `dealer`: the new value of `DealerAccess.askedFor`. */
  askedFor?: string | undefined;
  /** A path on this site. */
  returnTo: string;
};

export type SessionStore = {
  /**
   * Stores a new session and returns the id for the browser's cookie. Returns undefined if the common ID has already reported
   * the logout of this session.
   */
  create(login: Login): string | undefined;
  findById(id: string): Session | undefined;
  find(key: string): Session | undefined;
  /** Stores the newer session id and ID token after the person came back from the common ID. */
  renew(key: string, login: Pick<Login, 'sid' | 'idToken' | 'issuedAt'>): void;
  saveTokens(key: string, tokens: Tokens): void;
  saveClaims(key: string, claims: CustomerClaims): void;
  saveDealer(key: string, dealer: DealerAccess): void;
  saveNotice(key: string, notice: Notice): void;
  /** Returns the notice once. */
  takeNotice(key: string): Notice | undefined;
  remove(key: string): void;
  /**
   * Ends the sessions named by a logout token: those of `sid`, or all of `sub`, that began no later than the logout. Returns
   * their number, or undefined if the token was already used. Parallel processes agree on who used it first.
   */
  removeLoggedOut(token: LogoutToken): number | undefined;
  /** Stores an authorization request for the browser that started it. */
  keepRequest(browser: string, request: PendingRequest): void;
  /** Removes and returns the request with this state, if this browser started it. */
  takeRequest(browser: string, state: string): PendingRequest | undefined;
  close(): void;
};

type SessionRow = {
  key: string;
  sub: string;
  id_token: string;
  tokens: Json<Tokens>;
  claims: Json<CustomerClaims> | null;
  dealer: Json<DealerAccess> | null;
};

/** Returns 256 random bits in base64url. */
export function randomId(): string {
  return randomBytes(32).toString('base64url');
}

function hashOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}

function fromRow(row: SessionRow | undefined): Session | undefined {
  if (!row) return undefined;
  return {
    key: row.key,
    sub: row.sub,
    idToken: row.id_token,
    tokens: fromJson(row.tokens),
    claims: row.claims === null ? undefined : fromJson(row.claims),
    dealer: row.dealer === null ? undefined : fromJson(row.dealer),
  };
}

/** Adds the column to files of older versions. Their sessions are ended by any logout. */
function addIssuedAt(database: AppDatabase): void {
  const columns = database.prepare<{ name: string }>('PRAGMA table_info (sessions)').all();
  if (columns.some(({ name }) => name === 'issued_at')) return;
  try {
    database.exec('ALTER TABLE sessions ADD COLUMN issued_at INTEGER NOT NULL DEFAULT 0');
  } catch (error) {
    // Another process added the column at the same moment.
    if (!String(error).includes('duplicate column')) throw error;
  }
}

/**
 * Opens the file, or creates it. Each part of a session has its own column, so that parallel requests of one person do not
 * overwrite new tokens with old ones.
 */
export function openSessionStore(path: string, clock: () => number): SessionStore {
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
      claims TEXT,
      dealer TEXT,
      notice TEXT,
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
  addIssuedAt(database);
  const sweepSessions = database.prepare('DELETE FROM sessions WHERE expires_at <= ?');
  const sweepRequests = database.prepare('DELETE FROM requests WHERE expires_at <= ?');
  const insertSession = database.prepare(
    `INSERT INTO sessions (key, sub, sid, id_token, issued_at, tokens, expires_at) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
     WHERE NOT EXISTS (SELECT 1 FROM logout_tokens WHERE iif(sid IS NULL, sub = ?2 AND issued_at > ?5, sid = ?3 AND issued_at >= ?5))`,
  );
  const selectSession = database.prepare<SessionRow>(
    'SELECT key, sub, id_token, tokens, claims, dealer FROM sessions WHERE key = ? AND expires_at > ?',
  );
  const setLogin = database.prepare('UPDATE sessions SET sid = ?, id_token = ?, issued_at = ? WHERE key = ?');
  const setTokens = database.prepare('UPDATE sessions SET tokens = ? WHERE key = ?');
  const setClaims = database.prepare('UPDATE sessions SET claims = ? WHERE key = ?');
  const setDealer = database.prepare('UPDATE sessions SET dealer = ? WHERE key = ?');
  const setNotice = database.prepare('UPDATE sessions SET notice = ? WHERE key = ?');
  const selectNotice = database.prepare<{ notice: Notice | null }>('SELECT notice FROM sessions WHERE key = ?');
  const deleteSession = database.prepare('DELETE FROM sessions WHERE key = ?');
  const sweepLogoutTokens = database.prepare('DELETE FROM logout_tokens WHERE expires_at <= ?');
  const insertLogoutToken = database.prepare(
    'INSERT OR IGNORE INTO logout_tokens (jti, sub, sid, issued_at, expires_at) VALUES (?, ?, ?, ?, ?)',
  );
  const deleteBySid = database.prepare('DELETE FROM sessions WHERE sid = ? AND issued_at <= ?');
  const deleteBySub = database.prepare('DELETE FROM sessions WHERE sub = ? AND issued_at <= ?');
  const insertRequest = database.prepare('INSERT INTO requests (state, browser, request, expires_at) VALUES (?, ?, ?, ?)');
  const takeRequest = database.prepare<{ request: Json<PendingRequest> }>(
    'DELETE FROM requests WHERE state = ? AND browser = ? AND expires_at > ? RETURNING request',
  );

  const find = (key: string): Session | undefined => fromRow(selectSession.get(key, clock()));

  return {
    find,
    findById: (id) => find(hashOf(id)),
    create({ sub, sid, idToken, issuedAt, tokens }) {
      sweepSessions.run(clock());
      const id = randomId();
      const until = clock() + SESSION_LIFETIME_MS;
      const { changes } = insertSession.run(hashOf(id), sub, sid ?? null, idToken, issuedAt, toJson(tokens), until);
      return changes === 1 ? id : undefined;
    },
    renew: (key, { sid, idToken, issuedAt }) => void setLogin.run(sid ?? null, idToken, issuedAt, key),
    saveTokens: (key, tokens) => void setTokens.run(toJson(tokens), key),
    saveClaims: (key, claims) => void setClaims.run(toJson(claims), key),
    saveDealer: (key, dealer) => void setDealer.run(toJson(dealer), key),
    saveNotice: (key, notice) => void setNotice.run(notice, key),
    takeNotice(key) {
      const row = selectNotice.get(key);
      if (!row?.notice) return undefined;
      setNotice.run(null, key);
      return row.notice;
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
