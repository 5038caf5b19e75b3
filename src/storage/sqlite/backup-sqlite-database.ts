// Copies a database while it is in use.
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { findDamage } from './find-damage.ts';
import { isDamage } from './sqlite-error.ts';

/**
 * Copies the database at `from` to `to`, with everything that was acknowledged before the call. Others may read and write at the same time.
 * The copy is a complete, checked and synced database. To restore it, put it in the original's place (without `-wal` and `-shm` files next
 * to it).
 *
 * It reads one snapshot (VACUUM INTO), because SQLite's backup interface restarts with each write of another process. It blocks the
 * calling thread, so do not use it in a process that serves requests.
 * @throws {Error} if `to` exists, `from` does not, or the copy is damaged; no copy is left behind
 */
export function backupSqliteDatabase({ from, to }: { from: string; to: string }): void {
  if (existsSync(to)) throw new Error(`${to} already exists; name a new file for the backup`);
  if (!existsSync(from)) throw new Error(`${from} does not exist: there is nothing to back up`);
  const partial = `${to}.partial`;
  rmSync(partial, { force: true });
  try {
    // SQLite writes into an existing empty file and keeps its mode: the file contains personal data, so only its owner may read it.
    closeSync(openSync(partial, 'wx', 0o600));
    copy(from, partial);
    check(partial);
    sync(partial);
    renameSync(partial, to);
    sync(dirname(to));
  } finally {
    rmSync(partial, { force: true });
  }
}

function copy(from: string, to: string): void {
  const source = new DatabaseSync(from, { readOnly: true, timeout: 10_000 });
  try {
    source.prepare('VACUUM INTO ?').run(to);
  } catch (cause) {
    throw isDamage(cause) ? new Error(`${from} is damaged: keep the last good backup; no new one was made`, { cause }) : cause;
  } finally {
    source.close();
  }
}

function check(path: string): void {
  const damage = findDamage(path);
  if (damage !== undefined) throw new Error(`the copy is damaged: ${damage}`);
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
