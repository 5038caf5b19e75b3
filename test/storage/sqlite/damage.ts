// Damages an SQLite file as a faulty disk would.
import { open } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';

/** Changes the file without the storage. */
export function meddle(path: string, sql: string): void {
  const connection = new DatabaseSync(path, { defensive: false });
  try {
    connection.exec(sql);
  } finally {
    connection.close();
  }
}

/** Removes the rows of an index. Each page is sound; only a comparison with the table finds it. */
export function dropFromIndex(path: string): void {
  meddle(
    path,
    `PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET sql = replace(sql, 'account_place)', 'key)') WHERE name = 'identifiers_by_account'`,
  );
}

/** Overwrites this number of bytes with garbage. */
export async function overwrite(path: string, position: number, length: number): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(Buffer.alloc(length, 0xa5), 0, length, position);
  await file.close();
}
