// Checks that a database exists, because opening a missing SQLite file would create it.
import { existsSync } from 'node:fs';

/** @param url `sqlite:<path>` or `mongodb://…`; always true for MongoDB, where only connecting can tell */
export function databaseIsThere(url: string): boolean {
  return !url.startsWith('sqlite:') || existsSync(url.slice('sqlite:'.length));
}
