// Every setting of the environment: what it is when nobody says, who needs it in production, and what it may be.
// .env.example tells the same to people; a test holds the two together.
import { isIP } from 'node:net';
import type { AppName } from '../config.ts';
import { expectedWebUrl, isWebOrigin } from '../problems/web-url.ts';
import type { Mode } from '../problems/web-url.ts';

export type Setting<T> = {
  /** In development, where nobody says. */
  default?: string;
  /** Where nobody says, to-config.ts takes it from another setting; `default` is what comes out when nobody says that one either. */
  derived?: true;
  /** In production, where nobody says. Where it is absent, the apps of `neededBy` do not start without being told. */
  productionDefault?: string;
  /** The apps that cannot run without it. What only client files refer to is needed by none. */
  neededBy: readonly AppName[];
  /** Never shown. */
  secret?: true;
  expected: (mode: Mode) => string;
  /** The value; `undefined` where the text is none. */
  parse: (text: string, mode: Mode) => T | undefined;
  hint?: (text: string, mode: Mode) => string | undefined;
};

/** In development only; a value that everybody knows protects nothing. */
export const GAZOO_DEVELOPMENT_SECRET = 'gazoo-for-development-only-0123456789abcdef';

/** Shorter keys can be guessed from what they have signed. */
const SHORTEST_KEY = 32;
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const EVERY_APP: readonly AppName[] = ['id', 'owners-site', 'notebook', 'dealer'];
const MAILING_APPS: readonly AppName[] = ['id', 'owners-site'];

export const SETTINGS = {
  ISSUER: origin('http://localhost:3000', EVERY_APP),
  HOST: {
    ...text('an IP address to listen on, such as 127.0.0.1 or 0.0.0.0'),
    default: '127.0.0.1',
    productionDefault: '127.0.0.1',
    // Some tool chains use this name for the name of a platform.
    parse: (value) => (isIP(value) > 0 ? value : undefined),
  },
  PORT: { ...integer(0, 65_535, 'a port'), default: '3000', derived: true, neededBy: EVERY_APP },
  ADMIN_PORT: integer(0, 65_535, 'a port for metrics and readiness with details'),
  ADMIN_HOST: {
    ...text('an IP address to listen on for metrics and readiness with details, such as 127.0.0.1'),
    default: '127.0.0.1',
    productionDefault: '127.0.0.1',
    parse: (value) => (isIP(value) > 0 ? value : undefined),
  },
  OWNERS_SITE_URL: origin('http://localhost:3001', ['owners-site', 'notebook']),
  NOTEBOOK_URL: origin('http://localhost:3002', ['owners-site', 'notebook']),
  DEALER_SYSTEM_URL: origin('http://localhost:3003', EVERY_APP),
  MAILBOX_URL: {
    ...origin('http://localhost:3004', []),
    expected: (mode) => (mode === 'production' ? 'nothing, because the mailbox is for development only' : expectedOrigin(mode)),
    parse: (value, mode) => (mode === 'development' && isWebOrigin(value, mode) ? value : undefined),
    hint: (value, mode) => (mode === 'production' ? 'take it out' : hintOrigin(value, mode)),
  },
  DEMO_CLIENTS_URL: origin('http://localhost:3005', []),
  SMTP_URL: {
    default: 'smtp://localhost:1025',
    neededBy: MAILING_APPS,
    secret: true,
    expected: (mode) =>
      mode === 'production'
        ? 'the URL of a mail server, such as smtps://user:password@mail.example.jp (there is no mailbox of development in production)'
        : 'the URL of a mail server, such as smtp://localhost:1025 or smtps://user:password@mail.example.jp',
    parse: (value) => (/^smtps?:$/.test(URL.parse(value)?.protocol ?? '') && URL.parse(value)?.hostname ? value : undefined),
  },
  MAIL_FROM: {
    ...text('the sender of mails, such as Example ID <no-reply@id.example.jp>', MAILING_APPS),
    default: 'TOYOTA/LEXUS共通ID <no-reply@id.toyota.jp>',
    parse: (value) => (/^[^<>\p{Cc}]*<[^@<>\s]+@[^@<>\s]+>$|^[^@<>\s]+@[^@<>\s]+$/u.test(value) ? value : undefined),
  },
  DATABASE_URL: {
    default: 'sqlite:data/common-id.sqlite',
    derived: true,
    neededBy: ['id'],
    secret: true,
    expected: () => 'sqlite:<path of a file>, or a mongodb:// or mongodb+srv:// URL',
    parse: (value) => (/^sqlite:.+|^mongodb(\+srv)?:\/\/./.test(value) ? value : undefined),
  },
  DATA_DIRECTORY: { ...text('a directory'), default: 'data', productionDefault: 'data' },
  KEY_DIRECTORY: { ...text('the directory of the signing and encryption keys', ['id']), default: 'data/keys', derived: true },
  COOKIE_KEYS: {
    neededBy: EVERY_APP,
    secret: true,
    expected: () => `secrets of at least ${SHORTEST_KEY} characters with commas between them (the first signs, all verify)`,
    parse: (value) => {
      const keys = value.split(',').map((key) => key.trim());
      return keys.every((key) => key.length >= SHORTEST_KEY) ? keys : undefined;
    },
    hint: hintSecret,
  },
  HMAC_KEY: secretKey(['id']),
  SUBJECT_KEY: secretKey([]),
  LEDGER_KEY: secretKey([]),
  LEDGER_ANCHOR_FILE: { ...text('a file'), default: '', productionDefault: '' },
  TRUST_PROXY: {
    ...boolean('false', EVERY_APP),
    expected: () => 'true (a reverse proxy in front sets X-Forwarded-*) or false (nothing does)',
  },
  WEB_CONCURRENCY: {
    ...integer(1, 64, 'the number of processes that serve the common ID'),
    default: '1',
    productionDefault: '1',
  },
  LOG_LEVEL: {
    default: 'info',
    productionDefault: 'info',
    neededBy: [],
    expected: () => `one of ${LOG_LEVELS.join(', ')}`,
    parse: (value) => (LOG_LEVELS.includes(value) ? value : undefined),
  },
  DEMO_DATA: {
    ...boolean('true', EVERY_APP),
    expected: (mode) => (mode === 'production' ? 'false: everybody knows the passwords of the demo data' : 'true or false'),
    parse: (value, mode) => (mode === 'production' ? (value === 'false' ? false : undefined) : parseBoolean(value)),
  },
  OWNERS_SITE_SUNSET: {
    productionDefault: '',
    default: '',
    neededBy: [],
    expected: () => 'the last day of the owners site as YYYY-MM-DD',
    parse: (value) => (isDate(value) ? value : undefined),
  },
  GAZOO_CLIENT_SECRET: {
    default: GAZOO_DEVELOPMENT_SECRET,
    neededBy: [],
    secret: true,
    expected: (mode) =>
      `at least ${SHORTEST_KEY} characters out of A–Z a–z 0–9 - . _ ~${mode === 'production' ? ', and not the secret of development' : ''}`,
    parse: (value, mode) =>
      isClientSecret(value) && !(mode === 'production' && value === GAZOO_DEVELOPMENT_SECRET) ? value : undefined,
    hint: hintSecret,
  },
  PASSWORD_HASH_COST: {
    ...integer(4, 16, 'the cost of bcrypt'),
    default: '12',
    productionDefault: '12',
    expected: (mode) => `the cost of bcrypt, a whole number from ${mode === 'production' ? 10 : 4} to 16`,
    parse: (value, mode) => parseInteger(value, mode === 'production' ? 10 : 4, 16),
  },
} satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof SETTINGS;

/** What the settings say; `undefined` where nobody says and nobody needs it, or where it is a problem. */
export type SettingValues = {
  [Name in SettingName]: ReturnType<(typeof SETTINGS)[Name]['parse']>;
};

/** Whether a name is that of a setting whose value is never shown. */
export function isSecretSetting(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name) && (SETTINGS[name as SettingName] as Setting<unknown>).secret === true;
}

export const SECRET_NAMES: readonly SettingName[] = Object.keys(SETTINGS).filter(isSecretSetting);

/** The variable that names the file of a secret. */
export function secretFileName(name: SettingName): string {
  return `${name}_FILE`;
}

/**
 * Whether a text can be a client's secret: long enough, and of unreserved characters only, because several client libraries do not
 * form-encode it for HTTP Basic as RFC 6749, section 2.3.1 says.
 */
export function isClientSecret(value: string): boolean {
  return value.length >= SHORTEST_KEY && /^[A-Za-z0-9\-._~]*$/.test(value);
}

/** Whether a text is a day that exists, as `YYYY-MM-DD`. */
function isDate(value: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}

function origin(developmentDefault: string, neededBy: readonly AppName[]): Setting<string> & { default: string } {
  return {
    default: developmentDefault,
    neededBy,
    expected: expectedOrigin,
    parse: (value, mode) => (isWebOrigin(value, mode) ? value : undefined),
    hint: hintOrigin,
  };
}

function expectedOrigin(mode: Mode): string {
  return `${expectedWebUrl(mode)} without a path`;
}

function hintOrigin(value: string, mode: Mode): string | undefined {
  const url = URL.parse(value);
  const bare = url && (url.protocol === 'https:' || url.protocol === 'http:') ? url.origin : undefined;
  if (bare !== undefined && bare !== value && isWebOrigin(bare, mode)) return `use ${bare}`;
  const secure = bare?.replace(/^http:/, 'https:');
  return secure !== undefined && isWebOrigin(secure, mode) ? `use ${secure}` : undefined;
}

function secretKey(neededBy: readonly AppName[]): Setting<string> {
  return {
    neededBy,
    secret: true,
    expected: () => `a secret of at least ${SHORTEST_KEY} characters`,
    parse: (value) => (value.length >= SHORTEST_KEY ? value : undefined),
    hint: hintSecret,
  };
}

function text(what: string, neededBy: readonly AppName[] = []): Setting<string> {
  return { neededBy, expected: () => what, parse: (value) => value };
}

function boolean(developmentDefault: string, neededBy: readonly AppName[]): Setting<boolean> {
  return { default: developmentDefault, neededBy, expected: () => 'true or false', parse: parseBoolean };
}

function parseBoolean(value: string): boolean | undefined {
  return value === 'true' ? true : value === 'false' ? false : undefined;
}

function integer(least: number, most: number, what: string): Setting<number> {
  return {
    neededBy: [],
    expected: () => `${what}, a whole number from ${least} to ${most}`,
    parse: (value) => parseInteger(value, least, most),
  };
}

function parseInteger(value: string, least: number, most: number): number | undefined {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : NaN;
  return number >= least && number <= most ? number : undefined;
}

function hintSecret(): string {
  return 'make one with: openssl rand -hex 32';
}
