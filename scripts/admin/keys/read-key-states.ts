// Reads the keys of this configuration and their current states.
import { ConfigError } from '../../../src/config/problems/config-error.ts';
import type { Config } from '../../../src/config/config.ts';
import { keepKeys, keyStates, readKeyFiles, type KeyState } from '../../../src/keys/key-files.ts';
import { inspectConfig } from '../../../src/config/load.ts';

/** @throws {Error} if the configuration has a mistake, or a key file is invalid */
export function readKeyStates(env: NodeJS.ProcessEnv, directory: string, now: number): { config: Config; keys: KeyState[] } {
  const { config, problems } = inspectConfig({ env, directory, apps: ['id'], keys: 'unchecked' });
  if (!config) throw new ConfigError(problems);
  const made = config();
  return { config: made, keys: keyStates(readKeyFiles(made.keyDirectory), now, keepKeys(made.lifetimes)) };
}

/** Describes a key for output, without any key material. */
export function describeKey({ kid, alg, use, state, signsFrom, until, development }: KeyState) {
  return {
    kid,
    alg,
    use,
    state,
    signs_from: signsFrom === 0 ? null : new Date(signsFrom).toISOString(),
    until: until === undefined ? null : new Date(until).toISOString(),
    development,
  };
}
