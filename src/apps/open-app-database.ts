// Opens an app's SQLite file so that only the app's own system user can read it.
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Opens the file. Creates it with mode 0600, and its folder with mode 0700, if they do not exist. */
export function openAppDatabase(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // SQLite gives the write-ahead log and its index the same mode as the file.
  closeSync(openSync(path, 'a', 0o600));
  return new DatabaseSync(path);
}
