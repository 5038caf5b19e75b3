// Where the configuration comes from, for whoever takes it up again while the program runs.
import { join, resolve } from 'node:path';
import { secretFilesIn } from './clients/check-client-files.ts';
import type { AppName, Config } from './config.ts';
import { loadConfig } from './load.ts';
import { readClientFiles } from './clients/read-client-files.ts';
import type { Environment } from './settings/variables.ts';
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
  const folder = [join(directory, 'config'), join(directory, '.env')];
  /** Where the client files say that secrets are. */
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
