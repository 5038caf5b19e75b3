// Opens the SQLite file of an app: what stands in it is for the app's own user on this machine only.
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Opens the file; makes it, and its folder, where they are missing, with the modes 0600 and 0700. */
export function openAppDatabase(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // SQLite gives the log and its index the mode of the file.
  closeSync(openSync(path, 'a', 0o600));
  return new DatabaseSync(path);
}
