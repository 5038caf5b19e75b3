// Restricts everything in the data directory (personal data, keys, secrets) to the user that runs the program.
import { chmodSync, lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../config/problems/error-code.ts';
import type { Log } from '../telemetry/log.ts';

const BY_OTHERS = 0o077;

export type MadePrivate = {
  /** How many files and folders other users could access before. */
  changed: number;
  /** Those that other users can still access, with the reason: another owner, or a refusal by the file system. */
  left: string[];
  /** Mount points of other file systems that other users can access. Nothing in them was changed. */
  mounted: string[];
};

/** Restricts the data directory to its owner, and logs what other users could access or still can. */
export function closeToOthers(directory: string, log: Pick<Log, 'warn' | 'error'>): void {
  const { changed, left, mounted } = makePrivate(directory);
  if (changed > 0)
    log.warn(
      { directory, changed },
      'other users of this machine had access to files in the data directory; now only their owner has',
    );
  if (left.length > 0)
    log.error(
      { left },
      'other users of this machine have access to these files, and their modes cannot be changed; run chmod on them',
    );
  if (mounted.length > 0)
    log.warn(
      { mounted },
      'other users of this machine have access to these volumes in the data directory, which were left unchanged because others may share them; run chmod -R go= on each, or mount it elsewhere',
    );
}

/**
 * Removes other users' access to a folder and everything in it. Does nothing if the folder does not exist. It does not follow links
 * or enter other file systems, and ignores files that disappear in the meantime.
 */
export function makePrivate(directory: string): MadePrivate {
  const result: MadePrivate = { changed: 0, left: [], mounted: [] };
  const top = statOf(directory);
  if (!top) return result;
  const visit = (path: string, found: Stats | undefined): void => {
    if (!found || !(found.isFile() || found.isDirectory())) return;
    const isOpen = (found.mode & BY_OTHERS) !== 0;
    if (found.dev !== top.dev) {
      if (isOpen) result.mounted.push(path);
      return;
    }
    if (isOpen) restrict(path, found.mode & 0o777 & ~BY_OTHERS, result);
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
