// Writes to the ledger's tables directly, on either database, as a person can who may write there but has no key.
import { DatabaseSync } from 'node:sqlite';
import type { Connection } from 'mongoose';
import { openSide } from '../../../scripts/admin/storage-copy/copy-storage.ts';
import type { Rows } from '../../../scripts/admin/storage-copy/rows.ts';
import { APPLICATION_ID, MIGRATIONS, takeStep } from '../../../src/storage/sqlite/migrations.ts';
import { rowsOf } from '../../support/rows-of.ts';
import { withMongo } from '../../support/with-mongo.ts';

export type LedgerTable = 'ledger' | 'ledger_entries' | 'ledger_anchors';

/** Replaces all rows of a table, past all guards. */
export async function rewrite<Name extends LedgerTable>(
  url: string,
  name: Name,
  change: (rows: Rows[Name][]) => Rows[Name][],
): Promise<void> {
  const rows = change(await rowsOf(url, name));
  if (url.startsWith('sqlite:')) emptySqlite(url.slice('sqlite:'.length), name);
  else await withMongo(url, async (behind: Connection) => void (await behind.collection(name).deleteMany({})));
  const side = await openSide(url);
  try {
    await side.write(name, rows);
  } finally {
    await side.close();
  }
}

function emptySqlite(path: string, name: LedgerTable): void {
  const connection = new DatabaseSync(path);
  try {
    const triggers = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?").all(name);
    for (const trigger of triggers) connection.exec(`DROP TRIGGER ${String(trigger.name)}`);
    connection.exec(`DELETE FROM ${name}`);
  } finally {
    connection.close();
  }
}

/** A database of the version before the partitions, with these entries. */
export async function makeOldDatabase(url: string, entries: Rows['ledger'][]): Promise<void> {
  if (!url.startsWith('sqlite:')) {
    const documents = entries.map(({ sequence, ...entry }) => ({ _id: sequence, event_id: `e${sequence}`, ...entry }));
    await withMongo(url, async (behind) => void (await behind.collection<{ _id: number }>('ledger').insertMany(documents)));
    return;
  }
  const connection = new DatabaseSync(url.slice('sqlite:'.length));
  try {
    connection.exec('BEGIN');
    for (const step of MIGRATIONS.slice(0, 4)) takeStep(connection, step);
    const insert = connection.prepare(
      'INSERT INTO ledger (sequence, type, subject, data, at, previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    for (const { sequence, type, subject, data, at, previous_hash, hash } of entries) {
      insert.run(sequence, type, subject, data, at, previous_hash, hash);
    }
    connection.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 4; COMMIT`);
  } finally {
    connection.close();
  }
}
