// Keeps secrets off command lines: every user of the machine can read those, and shells store them.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readVariables } from '../../src/config/settings/read-variables.ts';
import { UsageError } from './usage-error.ts';

/** Matches up to the last @, because a password may contain unescaped @ and slashes. */
const WITH_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^?#]*:[^?#]*@/i;
/** The options of a MongoDB URL that hold secrets. */
const SECRET_OPTION = /[?&](tlsCertificateKeyFilePassword|authMechanismProperties|proxyPassword)=/i;

/**
 * Refuses a URL that contains a secret.
 * @param place the option, such as `--to`, or another name for the place
 * @throws {UsageError} if the value contains a secret; the message does not show it
 */
export function refuseSecret(place: string, value: string): void {
  if (!WITH_PASSWORD.test(value) && !SECRET_OPTION.test(value)) return;
  throw new UsageError(
    `${place}: every user of this machine can read a password on the command line; put the URL into an environment variable, ` +
      'or into a file that NAME_FILE names, and give the name of the variable, as in --to TARGET_DATABASE_URL',
  );
}

/**
 * Returns the database URL of an option: the value itself, or the value of the variable that it names. Variables are looked
 * up in the environment, in .env, and in the file of `NAME_FILE`.
 * @throws {UsageError} if the variable does not exist
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

/** Replaces user names and passwords of the URLs in a text with `(not shown)`. */
export function withoutPassword(url: string): string {
  return url.replace(/([a-z][a-z0-9+.-]*:\/\/)\S*@/gi, '$1(not shown)@');
}
