// Keeps the temporary files of a run in memory, if the machine has such a directory: a database in a file waits some milliseconds for the disk at
// each commit, thousands of times in a run. No test depends on the disk: power cuts are tested on copies of the files.
import { accessSync, chmodSync, constants, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** A directory that Linux keeps in memory. */
const IN_MEMORY = '/dev/shm';
/** A run needs some hundred megabytes. In containers this directory often has 64 MB for all programs. */
const LEAST_BYTES = 2 * 1024 ** 3;

/** Makes a directory in memory the `os.tmpdir()` of all processes that start afterwards. Returns a function that removes it. */
export function keepFilesInMemory(): () => void {
  if (process.env.TMPDIR !== undefined || !hasRoom()) return () => undefined;
  const directory = mkdtempSync(join(IN_MEMORY, 'common-id-tests-'));
  // Like other directories for temporary files: all users may write there.
  chmodSync(directory, 0o1777);
  process.env.TMPDIR = directory;
  return () => rmSync(directory, { recursive: true, force: true });
}

function hasRoom(): boolean {
  try {
    accessSync(IN_MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return bavail * bsize >= LEAST_BYTES;
  } catch {
    return false;
  }
}
