// Where the configuration comes from, for whoever takes it up again while the program runs.
import { join } from 'node:path';
import type { AppName, Config } from './config.ts';
import { loadConfig } from './load.ts';
import type { Environment } from './read-settings.ts';
import { fingerprint, watchFiles } from './watch-files.ts';

export type ConfigSource = {
  /** Loads what is there now. @throws {ConfigError} with every mistake */
  load(): Config;
  /**
   * Calls back when something of it has changed since it was loaded last.
   * @returns what stops it
   */
  watch(changed: () => void): () => void;
};

/** @param directory the project's root, where config/ lies */
export function createConfigSource(env: Environment, directory: string, apps: readonly AppName[]): ConfigSource {
  const files = [join(directory, 'config'), join(directory, '.env')];
  let loaded = fingerprint(files);
  return {
    load() {
      loaded = fingerprint(files);
      return loadConfig({ env, directory, apps });
    },
    watch: (changed) => watchFiles(files, loaded, changed),
  };
}
