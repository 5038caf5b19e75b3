// The type of a setting of the environment, and the kinds of settings.
import { isIP } from 'node:net';
import { expectedWebUrl, isWebOrigin, isWebUrl } from '../problems/web-url.ts';
import type { Mode } from '../problems/web-url.ts';

/** The apps; a process runs one or more of them. */
export type AppName = 'id' | 'owners-site' | 'notebook' | 'dealer' | 'mailbox' | 'demo-clients' | 'console';

/** The headings of .env.example, in their order. */
export const SETTING_SECTIONS = {
  places: 'Where things are',
  mail: 'Mail and SMS',
  data: 'Data',
  secrets: 'Secrets (make one with: openssl rand -hex 32)',
  behaviour: 'Behaviour',
};

export type Setting<T> = SettingKind<T> & {
  /** Its section in .env.example. */
  section: keyof typeof SETTING_SECTIONS;
  /** The description for operators, which is the comment in .env.example. */
  about: string;
  /** The name in Config, for a value that is copied unchanged. to-config.ts reads the other settings. */
  config?: string;
};

/** How to parse a setting, and when it is required. */
export type SettingKind<T> = {
  /** The default in development. */
  default?: string;
  /** Whether to-config.ts derives a missing value from another setting. `default` is the result if that one is missing too. */
  derived?: true;
  /** The default in production. Without it, the apps of `neededBy` do not start if the setting is missing. */
  productionDefault?: string;
  /** The default of a sandbox in production. */
  sandboxDefault?: string;
  /** The apps that cannot run without it. */
  neededBy: readonly AppName[];
  /** Whether the setting is required in production while files in config/clients refer to it. */
  neededByClientFiles?: true;
  /** Whether the value must never be shown. */
  secret?: true;
  /** Whether the secret is random, unlike a URL with a password. Production refuses a guessable or reused one. */
  random?: true;
  /** Whether it is the origin of one of our apps, which must be unique. */
  ownOrigin?: true;
  expected: (mode: Mode, isSandbox?: boolean) => string;
  /** Returns the value; `undefined` if the text is not valid. */
  parse: (text: string, mode: Mode, isSandbox?: boolean) => T | undefined;
  /** Returns how to correct an invalid text. */
  hint?: (text: string, mode: Mode, isSandbox?: boolean) => string | undefined;
};

type WithDefault<T> = SettingKind<T> & { default: string };

/** Characters. A shorter key could be found by brute force from a signature. */
export const SHORTEST_KEY = 32;

/** The origin of one of our apps: scheme, host and port. */
export function origin(developmentDefault: string, neededBy: readonly AppName[]): WithDefault<string> & { ownOrigin: true } {
  return {
    ownOrigin: true,
    default: developmentDefault,
    neededBy,
    expected: expectedOrigin,
    parse: (value, mode) => (isWebOrigin(value, mode) ? value : undefined),
    hint: hintOrigin,
  };
}

/** The URL of a page; none if it is not set. */
export function webUrl(): SettingKind<string> {
  return { neededBy: [], expected: expectedWebUrl, parse: (value, mode) => (isWebUrl(value, mode) ? value : undefined) };
}

/** Origins with commas between them; none if it is not set. */
export function origins(): SettingKind<string[]> & { default: string } {
  return {
    default: '',
    productionDefault: '',
    neededBy: [],
    expected: (mode) => `origins with commas between them, each ${expectedOrigin(mode)}`,
    parse: (value, mode) => {
      const all = value.split(',').map((one) => one.trim());
      return all.every((one) => isWebOrigin(one, mode)) ? all : undefined;
    },
  };
}

/** @returns the rule for an origin, as part of a sentence */
export function expectedOrigin(mode: Mode): string {
  return `${expectedWebUrl(mode)} without a path`;
}

/** @returns how to turn a URL into an origin; `undefined` if that is not clear */
export function hintOrigin(value: string, mode: Mode): string | undefined {
  const url = URL.parse(value);
  const bare = url && (url.protocol === 'https:' || url.protocol === 'http:') ? url.origin : undefined;
  if (bare !== undefined && bare !== value && isWebOrigin(bare, mode)) return `use ${bare}`;
  const secure = bare?.replace(/^http:/, 'https:');
  return secure !== undefined && isWebOrigin(secure, mode) ? `use ${secure}` : undefined;
}

/** A secret from which keys are derived. */
export function secretKey(neededBy: readonly AppName[]): SettingKind<string> & { random: true } {
  return {
    neededBy,
    secret: true,
    random: true,
    expected: () => `a secret of at least ${SHORTEST_KEY} characters`,
    parse: (value) => (value.length >= SHORTEST_KEY ? value : undefined),
    hint: hintSecret,
  };
}

/** @returns how to make a random secret */
export function hintSecret(): string {
  return 'make one with: openssl rand -hex 32';
}

/** Any text. */
export function text(what: string, neededBy: readonly AppName[] = []): SettingKind<string> {
  return { neededBy, expected: () => what, parse: (value) => value };
}

/** A telephone number as people read it. */
export function phone(): SettingKind<string> {
  return {
    neededBy: [],
    expected: () => 'a telephone number, such as 0120-123-456 or +81-3-1234-5678',
    parse: (value) => (/^\+?\d(?:-?\d){5,14}$/.test(value) ? value : undefined),
  };
}

/** The path of a file; none if it is not set. */
export function file(): SettingKind<string> & { default: string } {
  return { default: '', productionDefault: '', neededBy: [], expected: () => 'a file', parse: (value) => value };
}

/** An IP address to listen on. Its default reaches this machine alone. */
export function address(what: string): WithDefault<string> {
  const parse = (value: string): string | undefined => (isIP(value) > 0 ? value : undefined);
  return { default: '127.0.0.1', productionDefault: '127.0.0.1', neededBy: [], expected: () => what, parse };
}

/** The URL of a mail server. @param mailbox the mailbox of development, and of a sandbox */
export function mailServer(mailbox: string, neededBy: readonly AppName[]): WithDefault<string> & { secret: true } {
  return {
    default: mailbox,
    sandboxDefault: mailbox,
    neededBy,
    secret: true,
    expected: (mode) =>
      mode === 'production'
        ? 'the URL of a mail server, such as smtps://user:password@mail.example.jp (there is no mailbox of development in production)'
        : 'the URL of a mail server, such as smtp://localhost:1025 or smtps://user:password@mail.example.jp',
    parse: (value) => (/^smtps?:$/.test(URL.parse(value)?.protocol ?? '') && URL.parse(value)?.hostname ? value : undefined),
  };
}

/** true or false. */
export function boolean(developmentDefault: string, neededBy: readonly AppName[]): WithDefault<boolean> {
  return { default: developmentDefault, neededBy, expected: () => 'true or false', parse: parseBoolean };
}

/** @returns `undefined` if the text is neither `true` nor `false` */
export function parseBoolean(value: string): boolean | undefined {
  return value === 'true' ? true : value === 'false' ? false : undefined;
}

/** A whole number between two bounds. */
export function integer(least: number, most: number, what: string): SettingKind<number> {
  return {
    neededBy: [],
    expected: () => `${what}, a whole number from ${least} to ${most}`,
    parse: (value) => parseInteger(value, least, most),
  };
}

/** @returns `undefined` if the text is not a whole number from `least` to `most` */
export function parseInteger(value: string, least: number, most: number): number | undefined {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : NaN;
  return number >= least && number <= most ? number : undefined;
}

/** Whether a text is a day that exists, as `YYYY-MM-DD`. */
export function isDate(value: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}
