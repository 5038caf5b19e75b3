// What a fault of the disk, or years, do to an SQLite file.
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

/** So large that no start waits for the complete check. */
export function makeLarge(path: string): void {
  meddle(path, 'CREATE TABLE padding (bytes); INSERT INTO padding VALUES (zeroblob (17 * 1024 * 1024))');
}
