// What a fault of the disk does to an SQLite file.
import { DatabaseSync } from 'node:sqlite';

/** Does something to the file behind the storage's back. */
export function meddle(path: string, sql: string): void {
  const connection = new DatabaseSync(path, { defensive: false });
  try {
    connection.exec(sql);
  } finally {
    connection.close();
  }
}

/** Lets an index forget its rows: each page is sound, and only who compares it with its table sees it. */
export function dropFromIndex(path: string): void {
  meddle(
    path,
    `PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET sql = replace(sql, 'account_place)', 'key)') WHERE name = 'identifiers_by_account'`,
  );
}
