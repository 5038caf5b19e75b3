// Every value of config/policy.json is read by the program: at its start, or later as READ_LATER says.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { policyValues } from '../../src/config/files/policy-schema.ts';
import { loadConfig } from '../../src/config/load.ts';
import { startCommonId } from '../../src/start/start-common-id.ts';
import { createLog } from '../../src/telemetry/log.ts';

/** Values that are read for a request and not at the start, each with its reader. */
const READ_LATER: Record<string, string> = {
  'passwordPolicy.minLength': 'src/domain/password-policy.ts',
  'passwordPolicy.maxLength': 'src/domain/password-policy.ts',
  'passwordPolicy.symbols': 'src/domain/password-policy.ts',
  'passwordHash.perMinute.address': 'src/authentication/password/hashing-lane.ts',
  'passwordHash.perMinute.account': 'src/authentication/password/hashing-lane.ts',
  'passwordHash.perMinute.draft': 'src/authentication/password/hashing-lane.ts',
  'rateLimits.emailCode.shortTriesPerMailboxPerDay': 'src/authentication/one-time-code/code-tries.ts',
  'rateLimits.emailCode.resendAfterSeconds': 'src/authentication/one-time-code/resend-code.ts',
  'lostMailbox.waitingHours': 'src/account/lost-mailbox/',
  'loginNumber.countryCodes': 'src/account/mobile-number/',
  'withdrawal.takenBackWithinDays': 'src/account/withdrawal/',
  'withdrawal.consentKeptYears': 'src/account/withdrawal/',
};

/** The values by their names in Config. */
const VALUES = policyValues().map(({ path: [section = '', ...rest] }) =>
  [section === 'password' ? 'password_policy' : section, ...rest]
    .join('.')
    .replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
);

/** Returns the object, and notes each property that is read, at any depth. */
function watch<T extends object>(value: T, path: string, note: (path: string) => void): T {
  return new Proxy(value, {
    get(target, name) {
      const inner: unknown = Reflect.get(target, name);
      const place = `${path}.${String(name)}`;
      note(place);
      return typeof inner === 'object' && inner !== null ? watch(inner, place, note) : inner;
    },
  });
}

/** Says what to do about values that nobody reads, and about entries of READ_LATER that are no longer true. */
function complaints(values: readonly string[], read: ReadonlySet<string>): string[] {
  const unread = values.filter((name) => !read.has(name) && !Object.hasOwn(READ_LATER, name));
  const stale = Object.keys(READ_LATER).filter((name) => read.has(name) || !values.includes(name));
  return [
    ...unread.map((name) => `the start does not read config.${name}: read it, or name its reader in READ_LATER of this file`),
    ...stale.map((name) => `remove ${name} from READ_LATER of this file: the start reads it, or it is no value of the policy`),
  ];
}

test('every value of the policy is read', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'policy-values-'));
  const read = new Set<string>();
  try {
    // All that a .env file could say otherwise.
    const env = {
      DATA_DIRECTORY: directory,
      DATABASE_URL: `sqlite:${join(directory, 'db.sqlite')}`,
      KEY_DIRECTORY: join(directory, 'keys'),
      DEMO_DATA: 'false',
      ISSUER: 'http://localhost:3999',
    };
    const config = loadConfig({ env, directory: fileURLToPath(new URL('../../', import.meta.url)), apps: ['id'] });
    const sections = new Set(VALUES.map((name) => name.split('.')[0] ?? ''));
    const watched = [...sections].map((section) => [
      section,
      watch(Reflect.get(config, section) as object, section, (path) => read.add(path)),
    ]);
    const app = await startCommonId({ ...config, ...Object.fromEntries(watched) }, Date.now, createLog('common-id', 'error'));
    await app.close();
  } finally {
    await rm(directory, { recursive: true });
  }
  expect(complaints(VALUES, read)).toEqual([]);
  const [first = '', ...others] = VALUES.filter((name) => !Object.hasOwn(READ_LATER, name));
  expect(complaints([...VALUES, 'lifetimes.new'], new Set([...others, 'passwordPolicy.symbols']))).toEqual([
    `the start does not read config.${first}: read it, or name its reader in READ_LATER of this file`,
    'the start does not read config.lifetimes.new: read it, or name its reader in READ_LATER of this file',
    'remove passwordPolicy.symbols from READ_LATER of this file: the start reads it, or it is no value of the policy',
  ]);
});
