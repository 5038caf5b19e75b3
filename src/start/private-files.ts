// Restricts everything in the data directory (personal data, keys, secrets) to the user that runs the program.
import { chmodSync, lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../config/problems/error-code.ts';

const BY_OTHERS = 0o077;

export type MadePrivate = {
  /** How many files and folders other users could access before. */
  changed: number;
  /** Those that other users can still access, with the reason: another owner, or a refusal by the file system. */
  left: string[];
};

/**
 * Removes other users' access to a folder and everything in it. Does nothing if the folder does not exist. It does not follow links
 * or enter other file systems, and ignores files that disappear in the meantime.
 */
export function makePrivate(directory: string): MadePrivate {
  const result: MadePrivate = { changed: 0, left: [] };
  const top = statOf(directory);
  if (!top) return result;
  const visit = (path: string, found: Stats | undefined): void => {
    if (!found || found.dev !== top.dev || !(found.isFile() || found.isDirectory())) return;
    if ((found.mode & BY_OTHERS) !== 0) restrict(path, found.mode & 0o777 & ~BY_OTHERS, result);
    if (found.isDirectory()) for (const name of readNames(path)) visit(join(path, name), statOf(join(path, name)));
  };
  visit(directory, top);
  return result;
}

function restrict(path: string, mode: number, result: MadePrivate): void {
  try {
    chmodSync(path, mode);
    result.changed += 1;
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    if (code !== 'ENOENT') result.left.push(`${path} (${code})`);
  }
}

const statOf = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });

function readNames(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    // Deleted, or unreadable for us; `restrict` has reported it.
    return [];
  }
}
