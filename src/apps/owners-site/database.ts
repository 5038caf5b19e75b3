// The owners site's SQLite file: its tables and a transaction helper.
import { openAppDatabase, type AppDatabase } from '../open-app-database.ts';

/** Tokens of cookies and mails are stored as SHA-256 hashes, so a copy of the file gives no usable tokens. */
const TABLES = `
  CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY,
    legacy_id TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    email TEXT,
    profile TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS users_by_email ON users (lower(email));

  CREATE TABLE IF NOT EXISTS sessions (
    token_hash TEXT PRIMARY KEY,
    user_id TEXT REFERENCES users ON DELETE CASCADE,
    auth_time INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    id_token TEXT
  ) STRICT;

  CREATE TABLE IF NOT EXISTS remembered_users (
    token_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE IF NOT EXISTS reset_tokens (
    token_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE IF NOT EXISTS tries (
    key TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    blocked_until INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE IF NOT EXISTS notices (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    published_at INTEGER NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    read_at INTEGER
  ) STRICT;

  CREATE TABLE IF NOT EXISTS bookings (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    vin TEXT NOT NULL,
    work TEXT NOT NULL,
    day TEXT NOT NULL,
    time TEXT NOT NULL,
    note TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    cancelled_at INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS one_booking_a_day ON bookings (vin, day) WHERE cancelled_at IS NULL;

  CREATE TABLE IF NOT EXISTS migration_attempts (
    state TEXT PRIMARY KEY,
    session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
    nonce TEXT NOT NULL,
    code_verifier TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE IF NOT EXISTS migrations (
    user_id TEXT PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    way TEXT NOT NULL,
    completed_at INTEGER,
    dealer_link TEXT
  ) STRICT;
`;

/** Opens the file, or creates it. */
export function openDatabase(path: string): AppDatabase {
  const database = openAppDatabase(path);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;');
  database.exec(TABLES);
  return database;
}

/** Runs `work` in a transaction. */
export function inTransaction<T>(database: AppDatabase, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
