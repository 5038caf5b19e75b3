// Upgrades a file to this program's version, or says why it cannot.
import type { DatabaseSync } from 'node:sqlite';
import { APPLICATION_ID, MIGRATIONS, takeStep } from './migrations.ts';

/** The file was written by a newer version of this program, which may have rules that this one does not know. */
export class DatabaseTooNew extends Error {
  override name = 'DatabaseTooNew';
}

/** The file is a valid SQLite database of another program. */
export class NotOurDatabase extends Error {
  override name = 'NotOurDatabase';
}

/**
 * Runs the missing steps, each in its own transaction. It is idempotent, also when two processes run it in parallel. Returns the version
 * before and after.
 * @throws {DatabaseTooNew}
 * @throws {NotOurDatabase}
 */
export function migrate(connection: DatabaseSync, path: string): { from: number; to: number } {
  const from = versionOf(connection);
  refuseForeign(connection, path, from);
  let to = from;
  while (to < MIGRATIONS.length) to = runNextStep(connection);
  if (to > MIGRATIONS.length) throw tooNew(path, to);
  return { from, to };
}

/** Returns the version after the step. */
function runNextStep(connection: DatabaseSync): number {
  // Take the lock before reading the version, because another process may have run the step in the meantime.
  connection.exec('BEGIN IMMEDIATE');
  try {
    const version = versionOf(connection);
    const step = MIGRATIONS[version];
    if (step === undefined) {
      connection.exec('COMMIT');
      return version;
    }
    takeStep(connection, step);
    connection.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version + 1}; COMMIT`);
    return version + 1;
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

function versionOf(connection: DatabaseSync): number {
  return Number(connection.prepare('PRAGMA user_version').get()?.['user_version']);
}

function refuseForeign(connection: DatabaseSync, path: string, version: number): void {
  const id = Number(connection.prepare('PRAGMA application_id').get()?.['application_id']);
  if (id === APPLICATION_ID) return;
  const isEmpty = connection.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  if (id !== 0 || version !== 0 || !isEmpty) {
    throw new NotOurDatabase(
      `${path} is an SQLite database of another program. Name another file in DATABASE_URL, or move this one away.`,
    );
  }
}

function tooNew(path: string, version: number): DatabaseTooNew {
  return new DatabaseTooNew(
    `${path} has version ${version}, and this program knows versions up to ${MIGRATIONS.length}: a newer version of the program ` +
      'wrote it. Start that version (or a newer one), or restore a backup from before the upgrade.',
  );
}
