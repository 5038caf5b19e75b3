// Loads the configuration and the keys of the common ID, without its database.
import type { Config } from '../../../src/config/config.ts';
import { inspectConfig } from '../../../src/config/load.ts';
import { ConfigError } from '../../../src/config/problems/config-error.ts';
import { keepKeys } from '../../../src/keys/key-files.ts';
import { loadKeys, type Keys } from '../../../src/keys/keys.ts';
import type { ActionInput } from '../topic.ts';

/** @throws {ConfigError | Error} the configuration has a mistake, or a key is missing */
export function loadOwnKeys({ env, directory }: Pick<ActionInput, 'env' | 'directory'>): { config: Config; keys: Keys } {
  const { config: make, problems } = inspectConfig({ env, directory, apps: ['id'], keys: 'unchecked' });
  if (!make) throw new ConfigError(problems);
  const config = make();
  return { config, keys: loadKeys({ directory: config.keyDirectory, now: Date.now(), keepMs: keepKeys(config.lifetimes) }) };
}
