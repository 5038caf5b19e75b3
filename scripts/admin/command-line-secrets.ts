// Secrets do not stand on command lines: everybody on the machine can read those, and shells keep them.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readVariables } from '../../src/config/settings/read-variables.ts';
import { UsageError } from './usage-error.ts';

/** Up to the last @: a password may hold others, and slashes, though none of them should stand there as they are. */
const WITH_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^?#]*:[^?#]*@/i;
/** Options of MongoDB's addresses that are secrets. */
const SECRET_OPTION = /[?&](tlsCertificateKeyFilePassword|authMechanismProperties|proxyPassword)=/i;

/**
 * @param place the option, as `--to`, or what else it is
 * @throws {UsageError} where the value is an address with a secret in it, which is not shown
 */
export function refuseSecret(place: string, value: string): void {
  if (!WITH_PASSWORD.test(value) && !SECRET_OPTION.test(value)) return;
  throw new UsageError(
    `${place}: an address with a password on a command line can be read by everybody on this machine; set a variable of the environment ` +
      'to it, or NAME_FILE to the name of a file that holds it, and give the name of the variable, as in --to TARGET_DATABASE_URL',
  );
}

/**
 * The address of a database that an option names: by itself, or by the name of a setting or of another variable. What is named is looked for in
 * the environment, in .env, and in the file of `NAME_FILE`.
 * @throws {UsageError} where there is no such variable
 */
export function namedAddress(place: string, value: string, env: NodeJS.ProcessEnv, directory: string): string {
  if (!/^[A-Z][A-Z0-9_]*$/.test(value)) return value;
  const { values } = readVariables(env, directory, []);
  const file = env[`${value}_FILE`];
  const address = values[value] ?? (file === undefined ? undefined : readFileSync(resolve(directory, file), 'utf8'));
  if (address === undefined || address.trim() === '')
    throw new UsageError(`${place}: there is neither a variable ${value} nor a variable ${value}_FILE in the environment`);
  const text = address.trim();
  return text.startsWith('sqlite:') ? `sqlite:${resolve(directory, text.slice('sqlite:'.length))}` : text;
}

/** An address, or a text with addresses in it, with `(not shown)` in place of user name and password. */
export function withoutPassword(url: string): string {
  return url.replace(/([a-z][a-z0-9+.-]*:\/\/)\S*@/gi, '$1(not shown)@');
}
