// The table of all settings of the environment. It drives how each is read and reported, the values that Config copies unchanged,
// and .env.example (npm run generate).
import { isWebOrigin } from '../problems/web-url.ts';
import { isClientSecret } from './client-secret.ts';
import type { AppName, Setting } from './setting.ts';
import * as kind from './setting.ts';
import { LOAD_SETTINGS } from './load-settings.ts';
import { LOG_SETTINGS } from './log-settings.ts';
import { SMS_SETTINGS } from './sms-settings.ts';
import { TRACE_SETTINGS } from './trace-settings.ts';
import { EXPECTED_TRUST_PROXY, parseTrustProxy } from './trust-proxy.ts';

/** For development only, because it is public. */
export const GAZOO_DEVELOPMENT_SECRET = 'gazoo-for-development-only-0123456789abcdef';
export const EVERY_APP: readonly AppName[] = ['id', 'owners-site', 'notebook', 'dealer', 'console'];
const MAILING_APPS: readonly AppName[] = ['id', 'owners-site'];

export const SETTINGS = {
  ISSUER: {
    ...kind.origin('http://localhost:3000', EVERY_APP),
    section: 'places',
    about: 'The common ID’s OpenID Connect issuer: scheme, host and port, no path, no slash at the end.',
    config: 'issuer',
  },
  HOST: {
    // Some tool chains set this variable to the name of a platform.
    ...kind.address('an IP address to listen on, such as 127.0.0.1 or 0.0.0.0'),
    section: 'places',
    about: 'The address to listen on. 0.0.0.0 in a container.',
    config: 'host',
  },
  PORT: {
    ...kind.integer(0, 65_535, 'a port'),
    section: 'places',
    about:
      'The port to listen on; 0 takes a free one. In development the common ID takes the port of ISSUER, and every other app the port of its own URL below.',
    default: '3000',
    derived: true,
    neededBy: EVERY_APP,
  },
  ADMIN_PORT: {
    ...kind.integer(0, 65_535, 'a port for metrics and readiness with details'),
    section: 'places',
    about:
      'The port of the common ID’s metrics (/metrics, for Prometheus) and of its readiness with details (/health/ready: database, configuration, each worker). If it is not set, they are not served; the public /health/live and /health/ready tell the status alone.',
  },
  ADMIN_HOST: {
    ...kind.address('an IP address to listen on for metrics and readiness with details, such as 127.0.0.1'),
    section: 'places',
    about: 'The address that ADMIN_PORT listens on. Use another address only in the operators’ own network.',
  },
  ...TRACE_SETTINGS,
  PASSKEY_ORIGINS: {
    ...kind.origins(),
    section: 'places',
    about: 'Other origins that serve this program and use its passkeys, with commas between them (/.well-known/webauthn).',
  },
  OWNERS_SITE_URL: {
    ...kind.origin('http://localhost:3001', ['owners-site', 'notebook']),
    section: 'places',
    about: 'The owners site.',
  },
  NOTEBOOK_URL: {
    ...kind.origin('http://localhost:3002', ['owners-site', 'notebook']),
    section: 'places',
    about: 'The maintenance notebook.',
  },
  DEALER_SYSTEM_URL: {
    ...kind.origin('http://localhost:3003', EVERY_APP),
    section: 'places',
    about: 'The dealer system; config/dealers.json refers to it.',
  },
  MAILBOX_URL: {
    ...kind.origin('http://localhost:3004', []),
    section: 'places',
    about: 'The page of the mailbox. For development, and for a sandbox.',
    expected: (mode, isSandbox) =>
      mode === 'production' && isSandbox !== true
        ? 'nothing, because the mailbox is for development and sandboxes only'
        : kind.expectedOrigin(mode),
    parse: (value, mode, isSandbox) =>
      (mode === 'development' || isSandbox === true) && isWebOrigin(value, mode) ? value : undefined,
    hint: (value, mode, isSandbox) => (mode === 'production' && isSandbox !== true ? 'remove it' : kind.hintOrigin(value, mode)),
  },
  DEMO_CLIENTS_URL: {
    ...kind.origin('http://localhost:3005', []),
    section: 'places',
    about:
      'The demo clients: five services to try, in development only. Their files in config/clients refer to it; without those files nothing needs it.',
    neededByClientFiles: true,
  },
  OPERATIONS_CONSOLE_URL: {
    ...kind.origin('http://localhost:3006', ['console']),
    section: 'places',
    about:
      'The operations console: the support desk, jobs, and the audit. Its file in config/clients refers to it; without that file and without the console nothing needs it.',
    neededByClientFiles: true,
  },
  DOCUMENTATION_URL: {
    ...kind.webUrl(),
    section: 'places',
    about: 'Your page for the developers of client apps, if there is one. The discovery document names it.',
    config: 'documentationUrl',
  },
  SMTP_URL: {
    ...kind.mailServer('smtp://localhost:1025', MAILING_APPS),
    section: 'mail',
    about: 'The mail server. In development and in a sandbox the mailbox listens here: nothing leaves this machine.',
  },
  MAIL_FROM: {
    ...kind.text('the sender of mails, such as Example ID <no-reply@id.example.jp>', MAILING_APPS),
    section: 'mail',
    about: 'The sender of mails.',
    default: 'TOYOTA/LEXUS共通ID <no-reply@id.toyota.jp>',
    parse: (value: string) => (/^[^<>\p{Cc}]*<[^@<>\s]+@[^@<>\s]+>$|^[^@<>\s]+@[^@<>\s]+$/u.test(value) ? value : undefined),
  },
  ...SMS_SETTINGS,
  NOTICE_MAILS: {
    ...kind.boolean('true', []),
    section: 'mail',
    about: 'Whether customers are mailed when they have a new ID, and when an ID signs in in a browser that is new to it.',
    config: 'noticeMails',
    productionDefault: 'true',
  },
  SUPPORT_PHONE: {
    ...kind.phone(),
    section: 'places',
    about:
      'The telephone number of your support desk. Every page and mail shows it at its end; without it, none of them names a contact. The name and the hours of the desk are in config/locales (common.contact).',
    // Belongs to nobody. Production refuses it.
    default: '0120-000-000',
    productionDefault: '',
  },
  DATABASE_URL: {
    section: 'data',
    about:
      'The common ID’s database: sqlite:<path of a file>, or mongodb://… for more than one machine. Default: common-id.sqlite in DATA_DIRECTORY.',
    default: 'sqlite:data/common-id.sqlite',
    derived: true,
    neededBy: ['id'],
    secret: true,
    expected: () => 'sqlite:<path of a file>, or a mongodb:// or mongodb+srv:// URL',
    parse: (value: string) => (/^sqlite:.+|^mongodb(\+srv)?:\/\/./.test(value) ? value : undefined),
  },
  DATA_DIRECTORY: {
    ...kind.text('a directory'),
    section: 'data',
    about: 'Databases of the apps, and in development keys and secrets.',
    default: 'data',
    productionDefault: 'data',
  },
  KEY_DIRECTORY: {
    ...kind.text('the directory of the signing and encryption keys', ['id']),
    section: 'data',
    about: 'The common ID’s signing and encryption keys. Default: keys in DATA_DIRECTORY.',
    default: 'data/keys',
    derived: true,
  },
  COOKIE_KEYS: {
    section: 'secrets',
    about:
      'The keys that sign cookies; at least 32 characters each, with commas between them. The first signs, all verify: to change the key, put a new one in front, and take the old one out when its cookies are gone. In development they are made once and kept in DATA_DIRECTORY.',
    neededBy: [...EVERY_APP, 'mailbox'],
    secret: true,
    random: true,
    expected: () => `secrets of at least ${kind.SHORTEST_KEY} characters with commas between them (the first signs, all verify)`,
    parse: (value: string) => {
      const keys = value.split(',').map((key) => key.trim());
      return keys.every((key) => key.length >= kind.SHORTEST_KEY) ? keys : undefined;
    },
    hint: kind.hintSecret,
  },
  HMAC_KEY: {
    ...kind.secretKey(['id']),
    section: 'secrets',
    about:
      'The keys for mailed codes, counters and queued mails are derived from it; at least 32 characters. In development it is made once and kept in DATA_DIRECTORY. docs/administration.md says how to change it.',
  },
  SUBJECT_KEY: {
    ...kind.secretKey([]),
    section: 'secrets',
    about:
      'The key of the subject identifiers under which clients and dealers know a customer; at least 32 characters. With another key, they recognize no customer. Default: HMAC_KEY.',
  },
  LEDGER_KEY: {
    ...kind.secretKey([]),
    section: 'secrets',
    about: 'The key of the ledger’s chain; at least 32 characters. If it is not set, it is derived from HMAC_KEY.',
  },
  LEDGER_ANCHOR_FILE: {
    ...kind.file(),
    section: 'secrets',
    about:
      'A file to which each day’s anchor of the ledger is also written. Put it where a person who can write the database cannot write: an anchor that is kept elsewhere shows that the ledger was cut off or replaced. npm run admin -- ledger verify reads it.',
  },
  TRUST_PROXY: {
    section: 'places',
    about:
      'The reverse proxies in front: how many (false is none, true is 1), or their addresses and networks, such as 192.0.2.7,10.0.0.0/8 (also loopback, linklocal, uniquelocal). Each must add the address that calls it to the right of X-Forwarded-For. With too many, visitors can pretend to come from anywhere; with too few, rate limits count all visitors as one. docs/proxies.md says what to set.',
    config: 'trustProxy',
    default: 'false',
    neededBy: EVERY_APP,
    expected: () => EXPECTED_TRUST_PROXY,
    parse: parseTrustProxy,
  },
  KEEP_ALIVE_SECONDS: {
    ...kind.integer(1, 3600, 'how many seconds an idle connection stays open'),
    section: 'places',
    about:
      'How long an idle connection of a proxy stays open: longer than the proxy keeps it, so that no request meets a closing one. Most load balancers keep theirs for 60 seconds.',
    config: 'keepAliveSeconds',
    default: '65',
    productionDefault: '65',
  },
  DRAIN_DELAY_SECONDS: {
    ...kind.integer(0, 300, 'how many seconds connections are accepted after SIGTERM'),
    section: 'places',
    about:
      'How long the program still accepts connections after SIGTERM, while /health/ready answers 503: longer than the load balancer needs to notice. 5 in production.',
    config: 'drainDelaySeconds',
    default: '0',
    productionDefault: '5',
  },
  ...LOAD_SETTINGS,
  REGIONS_FILE: {
    ...kind.file(),
    section: 'behaviour',
    about:
      'A database of networks in MaxMind’s format (.mmdb), such as GeoLite2 City: the sign-in history then says from which region a sign-in came. It is read into memory at the start and when the configuration is reloaded. Without it no region is shown.',
  },
  ...LOG_SETTINGS,
  DEMO_DATA: {
    ...kind.boolean('true', EVERY_APP),
    section: 'data',
    about: 'Demo users, IDs and vehicles are written into empty databases. Everybody knows their passwords.',
    config: 'demo',
    expected: (mode) => (mode === 'production' ? 'false: everybody knows the passwords of the demo data' : 'true or false'),
    parse: (value, mode) => (mode === 'production' ? (value === 'false' ? false : undefined) : kind.parseBoolean(value)),
  },
  OWNERS_SITE_SUNSET: {
    section: 'behaviour',
    about: 'The last day of the owners site, as YYYY-MM-DD. If it is not set, the site announces none.',
    productionDefault: '',
    default: '',
    neededBy: [],
    expected: () => 'the last day of the owners site as YYYY-MM-DD',
    parse: (value: string) => (kind.isDate(value) ? value : undefined),
  },
  SANDBOX: {
    ...kind.boolean('false', []),
    section: 'behaviour',
    about:
      'A shared test installation for developers of client apps, also with NODE_ENV=production: redirects to loopback are allowed, mails stay in the mailbox, refusals are explained, and every page and mail says so. Its database is its own: never that of customers. npm run admin -- sandbox person makes test people.',
    config: 'sandbox',
    productionDefault: 'false',
  },
  GAZOO_CLIENT_SECRET: {
    section: 'secrets',
    about: 'The secret of the client app gazoo; at least 32 characters out of A–Z a–z 0–9 - . _ ~',
    default: GAZOO_DEVELOPMENT_SECRET,
    neededBy: [],
    neededByClientFiles: true,
    secret: true,
    random: true,
    expected: (mode) =>
      `at least ${kind.SHORTEST_KEY} characters out of A–Z a–z 0–9 - . _ ~${mode === 'production' ? ', and not the secret of development' : ''}`,
    parse: (value, mode) =>
      isClientSecret(value) && !(mode === 'production' && value === GAZOO_DEVELOPMENT_SECRET) ? value : undefined,
    hint: kind.hintSecret,
  },
  PASSWORD_HASH_COST: {
    ...kind.integer(4, 16, 'the cost of bcrypt'),
    section: 'behaviour',
    about: 'The cost of bcrypt, 4 to 16; one more doubles the time. At least 10 in production.',
    config: 'passwordHashCost',
    default: '12',
    productionDefault: '12',
    expected: (mode) => `the cost of bcrypt, a whole number from ${mode === 'production' ? 10 : 4} to 16`,
    parse: (value, mode) => kind.parseInteger(value, mode === 'production' ? 10 : 4, 16),
  },
} as const satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof SETTINGS;

/** Whether a setting has this name. */
export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

/** The names of all settings, in the order of the table. */
export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS).filter(isSettingName);

/** The value of each setting; `undefined` if it is missing and not required, or if it is invalid. */
export type SettingValues = {
  [Name in SettingName]: ReturnType<(typeof SETTINGS)[Name]['parse']>;
};

/** The settings that Config copies unchanged, under the names in `config`. A setting with a default is always present. */
export type SettingsInConfig = {
  [
    Name in SettingName as (typeof SETTINGS)[Name] extends { config: infer Key extends string } ? Key : never
  ]: (typeof SETTINGS)[Name] extends { default: string } ? NonNullable<SettingValues[Name]> : SettingValues[Name];
};

/** Returns the settings that Config copies unchanged. @param values the values of valid settings */
export function settingsInConfig(values: SettingValues): SettingsInConfig {
  const named = SETTING_NAMES.flatMap((name) => {
    const { config }: Setting<unknown> = SETTINGS[name];
    return config === undefined ? [] : [[config, values[name]] as const];
  });
  return Object.fromEntries(named) as SettingsInConfig;
}
