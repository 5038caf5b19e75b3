// Direct access to the database, of either kind: damages stored data, and repairs it.
import { DatabaseSync } from 'node:sqlite';
import mongoose from 'mongoose';

/** `restore` brings the whole rows back, even if they were overwritten; `leave` keeps them. One of the two ends it. */
export type Spoiled = { count: number; restore(): Promise<void>; leave(): Promise<void> };

/** The key of a row. */
const SQLITE_KEYS: Record<string, string> = { accounts: 'id', artifacts: 'sequence', jobs: 'sequence' };

/** Replaces a text field of every row in which it contains `marker`. */
export async function spoil(
  url: string,
  collection: string,
  field: string,
  marker: string,
  change: (text: string) => string,
): Promise<Spoiled> {
  return url.startsWith('sqlite:')
    ? spoilSqlite(url.slice('sqlite:'.length), collection, field, marker, change)
    : spoilMongo(url, collection, field, marker, change);
}

async function spoilSqlite(...[path, table, field, marker, change]: Parameters<typeof spoil>): Promise<Spoiled> {
  const database = new DatabaseSync(path, { timeout: 5_000 });
  const key = SQLITE_KEYS[table] ?? 'rowid';
  const rows = database.prepare(`SELECT ${key} AS spoiled_key, * FROM ${table} WHERE instr(${field}, ?) > 0`).all(marker);
  const put = database.prepare(`UPDATE ${table} SET ${field} = ? WHERE ${key} = ?`);
  for (const { spoiled_key = null, [field]: text } of rows) put.run(change(String(text)), spoiled_key);
  return {
    count: rows.length,
    async restore() {
      for (const { spoiled_key = null, ...row } of rows) {
        const columns = Object.keys(row).map((column) => `${column} = ?`);
        database.prepare(`UPDATE ${table} SET ${columns.join(', ')} WHERE ${key} = ?`).run(...Object.values(row), spoiled_key);
      }
      database.close();
    },
    leave: async () => database.close(),
  };
}

async function spoilMongo(...[url, name, field, marker, change]: Parameters<typeof spoil>): Promise<Spoiled> {
  const connection = await mongoose.createConnection(url).asPromise();
  const collection = connection.collection<{ _id: string; [field: string]: unknown }>(name);
  // Only these rows travel: after the races of the other tests a collection has thousands.
  const rows = await collection.find({ [field]: { $regex: marker.replaceAll('.', '\\.') } }).toArray();
  for (const row of rows) await collection.updateOne({ _id: row._id }, { $set: { [field]: change(String(row[field])) } });
  return {
    count: rows.length,
    async restore() {
      for (const { _id, ...row } of rows) await collection.replaceOne({ _id }, row);
      await connection.close();
    },
    leave: async () => connection.close(),
  };
}
