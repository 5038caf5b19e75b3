// Whether a database that is asked for stands already: to open an SQLite file that is missing makes it.
import { existsSync } from 'node:fs';

/** @param url `sqlite:<path>` or `mongodb://…`; of a server only opening it tells, and it is taken to be there */
export function databaseIsThere(url: string): boolean {
  return !url.startsWith('sqlite:') || existsSync(url.slice('sqlite:'.length));
}
