// The source of the configuration, for reloading it while the program runs.
import { join, resolve } from 'node:path';
import { secretFilesIn } from './clients/check-client-files.ts';
import type { AppName, Config } from './config.ts';
import { loadConfig } from './load.ts';
import { readClientFiles } from './clients/read-client-files.ts';
import type { Environment } from './settings/variables.ts';
import { fingerprint, watchFiles } from './watch-files.ts';

export type ConfigSource = {
  /**
   * Loads the configuration as it is now.
   * @throws {ConfigError} with every mistake
   */
  load(): Config;
  /**
   * Calls back when a file has changed since the last load.
   * @returns a function that stops watching
   */
  watch(changed: () => void): () => void;
};

/**
 * Makes the source of a process.
 * @param directory the project's root, which contains config/
 */
export function createConfigSource(env: Environment, directory: string, apps: readonly AppName[]): ConfigSource {
  const folder = [join(directory, 'config'), join(directory, '.env')];
  /** Files of secrets that client files name. */
  let secrets: string[] = [];
  const look = (): string => fingerprint([...folder, ...secrets]);
  let loaded = look();
  return {
    load() {
      if (apps.includes('id')) secrets = secretFilesIn(readClientFiles(directory, [])).map((name) => resolve(directory, name));
      loaded = look();
      return loadConfig({ env, directory, apps });
    },
    watch: (changed) => watchFiles(look, () => loaded, changed),
  };
}
