// The temporary files of a run, kept in memory where the machine has such a place: a database in a file waits for the disk at each commit,
// some milliseconds, thousands of times in a run. Nothing that tests see depends on it: a power cut is played on copies of the files.
import { accessSync, chmodSync, constants, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** Linux keeps it in memory. */
const IN_MEMORY = '/dev/shm';
/** A run needs some hundred megabytes; containers often give this place 64 MB, which is what they have for everything. */
const LEAST_BYTES = 2 * 1024 ** 3;

/** Makes `os.tmpdir()` of everything that is started afterwards a directory in memory; answers how to remove it. */
export function keepFilesInMemory(): () => void {
  if (process.env.TMPDIR !== undefined || !hasRoom()) return () => undefined;
  const directory = mkdtempSync(join(IN_MEMORY, 'common-id-tests-'));
  // As directories for temporary files are: everybody may write there.
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
