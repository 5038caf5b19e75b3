// Checks the secrets of one client: their sources, their strength, and their validity periods.
import { createHash } from 'node:crypto';
import { checkObject, isRecord } from '../problems/check-object.ts';
import { clientSecretSchema } from './client-schema.ts';
import type { ClientSecret } from './client.ts';
import type { Problem } from '../problems/problem.ts';
import type { Lookup } from '../settings/references.ts';
import type { SecretFile } from '../settings/read-secret-file.ts';
import { isClientSecret } from '../settings/client-secret.ts';
import { isSecretSetting } from '../settings/secret-names.ts';
import { weaknessOf } from '../unsafe/weakness.ts';

export type SecretContext = {
  lookup: Lookup;
  mode: 'development' | 'production';
  /** Whether client apps may run on the machine of their developer, in production too. */
  isSandbox?: boolean;
  /** Epoch milliseconds. */
  now: number;
  /** Reads a file that holds a secret, named relative to the project's root. */
  readSecretFile: (path: string) => SecretFile;
};

/** The current secret and, during a rotation, the next one. */
const MOST = 2;
const HINT = 'make one with: npm run admin -- secrets generate';

/**
 * Checks `client_secret`: one secret, or a list of two during a rotation. It returns digests only, so that the program does not
 * keep the secrets.
 * @param value the value in the file; `undefined` if there is none
 */
export function checkClientSecrets(
  source: string,
  value: unknown,
  context: SecretContext,
  problems: Problem[],
): ClientSecret[] | undefined {
  if (value === undefined) return undefined;
  const entries: unknown[] = Array.isArray(value) ? value : [value];
  const keyOf = (index: number): string => (Array.isArray(value) ? `client_secret[${index}]` : 'client_secret');
  if (entries.length === 0 || entries.length > MOST) {
    const found = entries.length === 0 ? 'none' : String(entries.length);
    problems.push({ severity: 'error', source, key: 'client_secret', expected: `one secret, or two to change it`, found });
    return undefined;
  }
  const secrets = entries.map((entry, index) => checkEntry(source, keyOf(index), entry, context, problems));
  const whole = secrets.filter((secret) => secret !== undefined);
  if (whole.length === entries.length && whole.every(({ notAfter }) => notAfter !== undefined && notAfter <= context.now)) {
    const found = `one that ended ${new Date(Math.max(...whole.map(({ notAfter }) => notAfter ?? 0))).toISOString()}`;
    problems.push({
      severity: 'warning',
      source,
      key: 'client_secret',
      expected: 'a secret that still counts',
      found,
      hint: HINT,
    });
  }
  return whole;
}

function checkEntry(
  source: string,
  key: string,
  entry: unknown,
  context: SecretContext,
  problems: Problem[],
): ClientSecret | undefined {
  const error: SayError = (expected, found, hint, severity = 'error') => {
    problems.push({ severity, source, key, expected, found, hint });
    return undefined;
  };
  if (!isRecord(entry)) return error(REFERENCE, 'something else (not shown)');
  const ofEntry: Problem[] = [];
  const {
    $env,
    $file,
    hash,
    not_before: from,
    not_after: until,
  } = checkObject(clientSecretSchema, entry, source, ofEntry, isSecret);
  if (ofEntry.length > 0) {
    problems.push(...ofEntry.map((problem) => ({ ...problem, key: `${key}.${problem.key}` })));
    return undefined;
  }
  if ([$env, $file, hash].filter((place) => place !== undefined).length !== 1) {
    return error('one of $env, $file and hash', describeKeys(entry));
  }
  const notBefore = from === undefined ? undefined : Date.parse(from);
  const notAfter = until === undefined ? undefined : Date.parse(until);
  if (notBefore !== undefined && notAfter !== undefined && notAfter <= notBefore)
    return error('not_after to be later than not_before', `${from} and ${until}`);
  const digest = hash?.slice('sha256:'.length) ?? readSecret($env, $file, context, error);
  if (digest === undefined) return undefined;
  return { digest, ...(notBefore !== undefined && { notBefore }), ...(notAfter !== undefined && { notAfter }) };
}

const REFERENCE =
  'a reference such as {"$env": "MY_APP_CLIENT_SECRET"}, {"$file": "secrets/my-app"} or {"hash": "sha256:…"}, because files must not contain secrets';

type SayError = (expected: string, found: string, hint?: string, severity?: Problem['severity']) => undefined;

/** Returns the digest of the secret in a variable or file; `undefined` if a problem was reported. */
function readSecret(
  name: string | undefined,
  path: string | undefined,
  context: SecretContext,
  error: SayError,
): string | undefined {
  const place = name ?? path ?? '';
  const expected = `at least 32 characters out of A–Z a–z 0–9 - . _ ~ in ${place}`;
  const held = name === undefined ? context.readSecretFile(place) : fromVariable(context.lookup(place));
  // A wrong setting is reported under its own name.
  if (held === null) return undefined;
  if ('unreadable' in held) return error(expected, held.unreadable, HINT);
  if (held.worldReadable && context.mode === 'production')
    return error(`${place} to be readable only by its owner`, 'a file that everybody can read', `chmod 600 ${place}`);
  if (held.groupReadable && context.mode === 'production')
    error(`${place} to be readable only by its owner`, 'a file that its group can read', `chmod 600 ${place}`, 'warning');
  const text = held.text.trim();
  const weakness = context.mode === 'production' && isClientSecret(text) ? weaknessOf(text) : undefined;
  // A weak setting is reported under its own name.
  if (weakness !== undefined && !(name !== undefined && isSecretSetting(name)))
    return error(`a secret in ${place} that nobody can guess`, weakness, HINT);
  return isClientSecret(text) ? digestOf(text) : error(expected, `a value of ${text.length} characters (not shown)`, HINT);
}

function fromVariable(value: string | null | undefined): SecretFile {
  if (value === null) return null;
  return value === undefined ? { unreadable: 'nothing' } : { text: value, worldReadable: false, groupReadable: false };
}

/** Returns the base64url SHA-256, as in `hash` after `sha256:`. A fast hash is enough, because secrets are random and long. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

const isSecret = (path: readonly PropertyKey[]): boolean => path[0] !== 'not_before' && path[0] !== 'not_after';

function describeKeys(entry: Record<string, unknown>): string {
  const keys = ['$env', '$file', 'hash'].filter((key) => entry[key] !== undefined);
  return keys.length === 0 ? 'none of them' : keys.join(' and ');
}
