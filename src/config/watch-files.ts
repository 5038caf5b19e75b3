// Watches files for changes.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** How often the files are looked at. A change is reported after two equal looks. */
const EVERY_MS = 500;

/**
 * Calls back when files differ from those that were read. It polls, which works on every file system, in containers and with every
 * editor.
 * @param look their `fingerprint` now
 * @param known their fingerprint at the last reading, so that no change is missed in between
 * @returns a function that stops watching
 */
export function watchFiles(look: () => string, known: () => string, changed: () => void): () => void {
  let told: string | undefined;
  let last = known();
  const timer = setInterval(() => {
    const seen = look();
    if (seen === known()) told = undefined;
    // Half-written files are not looked at: two looks must have seen the same.
    else if (seen === last && seen !== told) {
      told = seen;
      changed();
    }
    last = seen;
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Names, sizes and times of everything at or below these paths; some tenths of a millisecond for a hundred files. */
export function fingerprint(paths: readonly string[]): string {
  return paths.flatMap((path) => filesBelow(path).map(describe)).join('\n');
}

function filesBelow(path: string): string[] {
  try {
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
      .sort()
      .map((name) => join(path, name));
  } catch {
    // A file, or nothing.
    return [path];
  }
}

function describe(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() ? `${path} ${found.size} ${found.mtimeMs} ${found.ino}` : '';
}
