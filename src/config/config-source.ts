// Where the configuration comes from, for whoever takes it up again while the program runs.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { AppName, Config } from './config.ts';
import { loadConfig } from './load.ts';
import type { Environment } from './read-settings.ts';

/** How soon a change is seen; it is taken up when the files have been quiet for as long. */
const EVERY_MS = 500;

export type ConfigSource = {
  /** Loads what is there now. @throws {ConfigError} with every mistake */
  load(): Config;
  /**
   * Calls back when something in config/ has changed, or in one of the other folders.
   * @returns what stops it
   */
  watch(folders: readonly string[], changed: () => void): () => void;
};

/** @param directory the project's root, where config/ lies */
export function createConfigSource(env: Environment, directory: string, apps: readonly AppName[]): ConfigSource {
  return {
    load: () => loadConfig({ env, directory, apps }),
    watch: (folders, changed) => watchFolders([join(directory, 'config'), join(directory, '.env'), ...folders], changed),
  };
}

/** Looks instead of asking the system to tell: that works on every file system, in containers, and however an editor saves. */
function watchFolders(paths: readonly string[], changed: () => void): () => void {
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
