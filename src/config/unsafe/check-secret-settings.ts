// Checks that the secrets of the environment are hard to guess, all different, and not from development.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isRecord } from '../problems/check-object.ts';
import { RANDOM_SECRETS } from '../settings/settings-having.ts';
import type { SettingName, SettingValues } from '../settings/settings.ts';
import type { Say } from './say.ts';
import { weaknessOf } from './weakness.ts';

const HINT = 'make one with: openssl rand -hex 32';
/** These may be equal, because the others default to HMAC_KEY. */
const MAY_BE_EQUAL: readonly SettingName[] = ['HMAC_KEY', 'SUBJECT_KEY', 'LEDGER_KEY'];
const WEAK_PASSWORDS = [
  'admin',
  'changeme',
  'common_id',
  'common-id',
  'example',
  'mongo',
  'mongodb',
  'password',
  'root',
  'secret',
  'test',
];

export type SecretSetting = { name: SettingName; value: string };

/** Returns every random secret of this process. */
export function secretsOf(settings: SettingValues): SecretSetting[] {
  return RANDOM_SECRETS.flatMap((name) => [settings[name] ?? []].flat().map((value) => ({ name, value })));
}

/** Reports secrets that are guessable, reused, or from development, and weak passwords in URLs. */
export function checkSecretSettings(settings: SettingValues, root: string, say: Say): void {
  const secrets = secretsOf(settings);
  const ofDevelopment = readDevelopmentSecrets(resolve(root, settings.DATA_DIRECTORY ?? 'data'));
  secrets.forEach(({ name, value }, index) => {
    const weakness = weaknessOf(value);
    if (weakness !== undefined) say('error', name, 'a secret that nobody can guess', weakness, HINT);
    if (ofDevelopment.includes(value))
      say('error', name, 'a secret that was made for production', 'the development secret', HINT);
    const twin = secrets.slice(0, index).find((other) => other.value === value && !bothMayBe(other.name, name));
    if (twin) say('error', name, 'a secret of its own', twin.name === name ? 'the same one twice' : `that of ${twin.name}`, HINT);
  });
  for (const name of ['DATABASE_URL', 'SMTP_URL'] as const) checkPassword(name, settings[name] ?? '', say);
}

const bothMayBe = (a: SettingName, b: SettingName): boolean => MAY_BE_EQUAL.includes(a) && MAY_BE_EQUAL.includes(b);

/** Checks the password in a URL, which people choose themselves. */
function checkPassword(name: 'DATABASE_URL' | 'SMTP_URL', url: string, say: Say): void {
  const [, user = '', password] = /^[a-z+]+:\/\/([^:@/]*):([^@]*)@/.exec(url) ?? [];
  if (password === undefined) return;
  if (password === user || WEAK_PASSWORDS.includes(password.toLowerCase()))
    say('error', name, 'a password that nobody can guess', 'one that attackers try first', HINT);
}

function readDevelopmentSecrets(dataDirectory: string): unknown[] {
  try {
    const made: unknown = JSON.parse(readFileSync(join(dataDirectory, 'development-secrets.json'), 'utf8'));
    return isRecord(made) ? Object.values(made).flat() : [];
  } catch {
    return [];
  }
}
