// Sees that files have changed.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** How soon a change is seen; it is told when the files have been quiet for as long. */
const EVERY_MS = 500;

/**
 * Calls back when a file has changed, or anything below a folder. It looks, instead of asking the system to tell: that works on every
 * file system, in containers, and however an editor saves.
 * @returns what stops it
 */
export function watchFiles(paths: readonly string[], changed: () => void): () => void {
  let known: string | undefined;
  let settled: string | undefined;
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    const seen = (await Promise.all(paths.map(fingerprint))).join('\n');
    settled ??= seen;
    // Half-written files are not looked at: two looks must have seen the same.
    if (seen === known && seen !== settled) {
      settled = seen;
      changed();
    }
    known = seen;
    looking = false;
  };
  void look();
  const timer = setInterval(() => void look(), EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Names, sizes and times of everything below a path; empty where there is nothing. */
async function fingerprint(path: string): Promise<string> {
  const entries = await readdir(path, { recursive: true }).catch(() => ['']);
  const seen = await Promise.all(
    entries.map(async (entry) => {
      const found = await stat(join(path, entry)).catch(() => undefined);
      return found?.isFile() ? `${entry} ${found.size} ${found.mtimeMs} ${found.ino}` : entry;
    }),
  );
  return seen.sort().join('\n');
}
