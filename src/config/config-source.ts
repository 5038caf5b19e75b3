// The source of the configuration: loads it, and watches it for changes while the program runs.
import { join, resolve } from 'node:path';
import { secretFilesIn } from './clients/check-client-files.ts';
import type { AppName, Config } from './config.ts';
import { loadConfig } from './load.ts';
import { readClientFiles } from './clients/read-client-files.ts';
import type { Environment } from './settings/variables.ts';
import { fingerprint, watchFiles } from './watch-files.ts';

export type ConfigSource = {
  /** Loads the current configuration. @throws {ConfigError} if there are mistakes; it lists all of them */
  load(): Config;
  /**
   * Calls `changed` when the files have changed since they were last loaded.
   * @returns the function that stops watching
   */
  watch(changed: () => void): () => void;
};

/**
 * Makes the source.
 * @param directory the project's root, which contains config/
 */
export function createConfigSource(env: Environment, directory: string, apps: readonly AppName[]): ConfigSource {
  const folder = [join(directory, 'config'), join(directory, '.env')];
  /** The secret files that the client files name. */
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
