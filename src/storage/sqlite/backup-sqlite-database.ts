// Copies a database while it is in use.
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { findDamage } from './find-damage.ts';
import { isDamage } from './sqlite-error.ts';

/**
 * Writes a copy of the database at `from` to `to`: everything that was acknowledged before the call, and nothing half-written. Others
 * read and write meanwhile. The copy is checked, on the disk, and a complete database of its own: putting it in the original's place
 * (with no `-wal` and `-shm` beside it) restores it.
 *
 * It reads one snapshot (VACUUM INTO), where SQLite's backup interface would begin anew with each write of another process. It
 * works in the calling thread until it is done, so it belongs into a process that serves nobody.
 * @throws {Error} `to` exists, `from` does not, or the copy is not sound; no copy is left behind then.
 */
export function backupSqliteDatabase({ from, to }: { from: string; to: string }): void {
  if (existsSync(to)) throw new Error(`${to} exists already; name a new file for the backup`);
  if (!existsSync(from)) throw new Error(`${from} does not exist: there is nothing to back up`);
  const partial = `${to}.partial`;
  rmSync(partial, { force: true });
  try {
    // SQLite takes an empty file that is there, with its mode: personal data is for its owner only.
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
    throw isDamage(cause) ? new Error(`${from} is damaged: keep the last good backup, no other was made`, { cause }) : cause;
  } finally {
    source.close();
  }
}

function check(path: string): void {
  const damage = findDamage(path);
  if (damage !== undefined) throw new Error(`the copy is not sound: ${damage}`);
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
