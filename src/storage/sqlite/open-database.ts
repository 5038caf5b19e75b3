// Opens the file: creates a missing one, refuses a damaged one, upgrades an older one.
import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCheckpointer } from './checkpointer.ts';
import { Database } from './database.ts';
import { firstFinding } from './find-damage.ts';
import { openLogSync } from './log-sync.ts';
import { migrate } from './migrate.ts';
import { isBusy, isDamage, isUnavailable } from './sqlite-error.ts';

/** The file is damaged, or is not an SQLite database. */
export class DatabaseDamaged extends Error {
  override name = 'DatabaseDamaged';
}

/** The file cannot be opened, created or written. */
export class DatabaseUnusable extends Error {
  override name = 'DatabaseUnusable';
}

/** The log for messages while opening. */
export type OpenLog = { info(fields: object, message: string): void; warn?(fields: object, message: string): void };

/** Only the owner may read and write. */
const MODE = 0o600;
/** At startup another process may be switching a new file to WAL mode. */
const LOCK_WAIT_AT_START_MS = 10_000;
/** Another process may be upgrading the file, which takes half a minute for a million accounts. */
const MIGRATION_WAIT_MS = 300_000;
/**
 * While serving, waiting for a lock blocks the event loop. Keep it short; `Database` retries by itself.
 */
const LOCK_WAIT_WHILE_SERVING_MS = 20;
/** 64 MiB. If the log is this long, the checkpoint thread has failed or cannot keep up; then the writing connection runs a checkpoint. */
const LONGEST_LOG_PAGES = 16_000;
/**
 * Up to this size the start runs `integrity_check` (6 ms a megabyte); above it `quick_check` (1 ms a megabyte in memory), which
 * also reads every page but does not compare indexes with their tables.
 */
const FULL_CHECK_UP_TO_BYTES = 16 * 1024 * 1024;

/**
 * Opens the database at `path`.
 * @throws {DatabaseDamaged}
 * @throws {DatabaseTooNew}
 * @throws {DatabaseUnusable}
 * @throws {NotOurDatabase}
 */
export async function openDatabase({ path, log }: { path: string; log?: OpenLog }): Promise<Database> {
  const connection = connect(path, log);
  try {
    await useWriteAheadLog(connection);
    refuseDamaged(connection, path, log);
    connection.exec(`PRAGMA busy_timeout = ${MIGRATION_WAIT_MS}`);
    const { from, to } = migrate(connection, path);
    if (from !== to) log?.info({ path, from, to }, 'database migrated');
    connection.exec(`PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = ${LOCK_WAIT_WHILE_SERVING_MS}`);
    connection.exec(`PRAGMA wal_autocheckpoint = ${LONGEST_LOG_PAGES}`);
    // Removed content is overwritten with zeros, so that erased data is not in the file any more.
    connection.exec('PRAGMA secure_delete = ON');
  } catch (error) {
    connection.close();
    if (isDamage(error)) throw damaged(path, error);
    throw isUnavailable(error) ? unusable(path, error) : error;
  }
  return new Database(connection, openLogSync(path), createCheckpointer(path));
}

function connect(path: string, log: OpenLog | undefined): DatabaseSync {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // The file contains personal data. The log and its index get the same mode as the file.
    closeSync(openSync(path, 'a', MODE));
    for (const part of [path, `${path}-wal`, `${path}-shm`]) keepToOwner(part, log);
    return new DatabaseSync(path, { timeout: LOCK_WAIT_AT_START_MS });
  } catch (error) {
    throw unusable(path, error);
  }
}

/** Restricts the file, because other users may have access to files of older versions and to copies. */
function keepToOwner(path: string, log: OpenLog | undefined): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found || (found.mode & 0o077) === 0) return;
  try {
    chmodSync(path, MODE);
    log?.info({ path }, 'other users had access to this file; now only its owner has');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log?.info({ path, reason }, 'other users have access to this file, and its mode cannot be changed; set it to 0600');
  }
}

/** Switches to WAL mode. If two processes do this at the same time, SQLite returns "locked" without waiting, so it retries. */
async function useWriteAheadLog(connection: DatabaseSync): Promise<void> {
  const deadline = performance.now() + LOCK_WAIT_AT_START_MS;
  for (;;) {
    try {
      connection.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
      await sleep(20);
    }
  }
}

function refuseDamaged(connection: DatabaseSync, path: string, log: OpenLog | undefined): void {
  const { size } = statSync(path);
  const isSmall = size <= FULL_CHECK_UP_TO_BYTES;
  // With a slow disk the check takes minutes, and nothing listens until then.
  if (!isSmall) log?.info({ path, megabytes: Math.round(size / 1024 ** 2) }, 'checking the database before it is used');
  const finding = firstFinding(connection, isSmall ? 'integrity_check' : 'quick_check');
  if (finding !== undefined) throw damaged(path, finding);
}

function damaged(path: string, cause: unknown): DatabaseDamaged {
  const finding = cause instanceof Error ? cause.message : String(cause);
  return new DatabaseDamaged(
    `${path} is damaged, or is not an SQLite database (${finding}). Stop every process that uses it, move it and the files ${path}-wal and ` +
      `${path}-shm away (keep them: a specialist may recover them), and put a backup in its place.`,
    { cause },
  );
}

function unusable(path: string, cause: unknown): DatabaseUnusable {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DatabaseUnusable(`DATABASE_URL: ${path} and its folder must be writable, with space left on the disk: ${reason}`, {
    cause,
  });
}
