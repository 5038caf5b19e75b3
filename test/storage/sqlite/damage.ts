// What a fault of the disk does to an SQLite file.
import { open } from 'node:fs/promises';
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

/** Writes rubbish over so many bytes. */
export async function overwrite(path: string, position: number, length: number): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(Buffer.alloc(length, 0xa5), 0, length, position);
  await file.close();
}
