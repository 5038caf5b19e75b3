// Brings a file to the version that this program writes, or says why it cannot.
import type { DatabaseSync } from 'node:sqlite';
import { APPLICATION_ID, MIGRATIONS, takeStep } from './migrations.ts';

/** The file was written by a newer version of this program, which may keep promises that this one does not know of. */
export class DatabaseTooNew extends Error {
  override name = 'DatabaseTooNew';
}

/** The file is a sound SQLite database, and somebody else's. */
export class NotOurDatabase extends Error {
  override name = 'NotOurDatabase';
}

/**
 * Runs the steps that the file lacks, each in a transaction of its own; running it again, or from two processes at once, changes
 * nothing more. Answers the version that was found and the one that stands now.
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

/** Answers the version that stands afterwards. */
function runNextStep(connection: DatabaseSync): number {
  // The lock first, the question second: another process may have run the step meanwhile.
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
      'wrote it. Start that version (or a newer one), or restore a backup that was made before the upgrade.',
  );
}
