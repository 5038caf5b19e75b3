// Loads the configuration: environment and files → one validated Config, or every mistake at once.
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { checkClientFiles, namesInClientFiles } from './check-client-files.ts';
import type { ClientFileText } from './check-client-files.ts';
import type { AppName, Config } from './config.ts';
import { ConfigError } from './config-error.ts';
import { describeValue } from './describe-value.ts';
import { developmentSecrets } from './development-secrets.ts';
import type { Problem } from './problem.ts';
import { readDealers } from './read-dealers.ts';
import { readTextFile } from './read-json-file.ts';
import { readPolicy } from './read-policy.ts';
import { checkNames, readSettings, readVariables } from './read-settings.ts';
import type { Environment, Variables } from './read-settings.ts';
import { readServices } from './read-services.ts';
import { readTerms } from './read-terms.ts';
import type { Lookup } from './references.ts';
import { SETTINGS } from './settings.ts';
import type { Setting, SettingValues } from './settings.ts';

const CLIENTS = 'config/clients';
/** Where the mailbox takes mail, and where mail goes, when nobody says. */
const DEVELOPMENT_SMTP = { host: 'localhost', port: 1025 };

export type LoadConfigOptions = {
  /** The environment; a .env file in `directory` fills what it leaves out. */
  env: Environment;
  /** The project's root: relative paths start here, config/ lies here. */
  directory: string;
  /** What this process runs. */
  apps: readonly AppName[];
};

/**
 * Loads the configuration. In development, without any setting, this is the whole world of the demonstration; the secrets of
 * development are made in the data directory when they are not there yet.
 * @throws {ConfigError} with every mistake.
 */
export function loadConfig({ env, directory, apps }: LoadConfigOptions): Config {
  const problems: Problem[] = [];
  const variables = readVariables(env, directory, problems);
  const { mode } = variables;
  checkApps(apps, variables, problems);
  const files = apps.includes('id') ? readClientFiles(directory, problems) : [];
  const referred = namesInClientFiles(files);
  const settings = readSettings(variables, apps, referred, problems);
  checkNames(variables, referred, problems);
  checkOwnOrigins(settings, variables, problems);
  const lookup = lookupIn(settings, variables);
  const known = [...Object.keys(SETTINGS), ...Object.keys(variables.values)];
  const checked = checkClientFiles(files, { mode, lookup, known });
  problems.push(...checked.problems);
  const dealers = readDealers(directory, { mode, lookup, known }, problems);
  const services = readServices(directory, { mode, lookup, known }, problems);
  const terms = readTerms(directory, problems);
  const privacy = {
    ja: readTextFile(directory, 'config/privacy.ja.md', problems) ?? '',
    en: readTextFile(directory, 'config/privacy.en.md', problems) ?? '',
  };
  const policy = readPolicy(directory, problems);
  if (!policy || problems.some((problem) => problem.severity === 'error')) throw new ConfigError(problems);

  const dataDirectory = resolve(directory, settings.DATA_DIRECTORY ?? 'data');
  const inData = (name: string): string => join(dataDirectory, name);
  const smtp = URL.parse(settings.SMTP_URL ?? '');
  const port = settings.PORT ?? portOf(settings.ISSUER);
  // One app of a process listens on PORT; in development each listens where its URL says.
  const portAt = (origin: string | undefined): number => (mode === 'production' ? port : portOf(origin));
  const made =
    mode === 'development' && !(settings.COOKIE_KEYS && settings.HMAC_KEY) ? developmentSecrets(dataDirectory) : undefined;
  return {
    mode,
    issuer: settings.ISSUER ?? '',
    host: settings.HOST ?? '127.0.0.1',
    port,
    trustProxy: settings.TRUST_PROXY ?? false,
    databaseUrl: databaseUrl(variables.values.DATABASE_URL, directory, dataDirectory),
    dataDirectory,
    keyDirectory:
      variables.values.KEY_DIRECTORY === undefined ? inData('keys') : resolve(directory, variables.values.KEY_DIRECTORY),
    cookieKeys: settings.COOKIE_KEYS ?? made?.cookieKeys ?? [],
    hmacKey: settings.HMAC_KEY ?? made?.hmacKey ?? '',
    mail: { smtpUrl: settings.SMTP_URL ?? '', from: settings.MAIL_FROM ?? '' },
    logLevel: settings.LOG_LEVEL ?? 'info',
    demo: settings.DEMO_DATA ?? false,
    clients: checked.clients,
    dealers,
    services,
    terms,
    privacy,
    ...policy,
    commonPasswordsFile: join(directory, 'config/common-passwords.txt'),
    passwordHash: { cost: settings.PASSWORD_HASH_COST ?? 12, ...policy.passwordHash },
    ownersSite: {
      origin: settings.OWNERS_SITE_URL ?? '',
      port: portAt(settings.OWNERS_SITE_URL),
      databasePath: inData('owners-site.sqlite'),
      keyDirectory: inData('owners-site-keys'),
      ...(settings.OWNERS_SITE_SUNSET !== undefined && { sunset: settings.OWNERS_SITE_SUNSET }),
    },
    notebook: {
      origin: settings.NOTEBOOK_URL ?? '',
      port: portAt(settings.NOTEBOOK_URL),
      databasePath: inData('notebook.sqlite'),
      keyDirectory: inData('notebook-keys'),
    },
    dealerSystem: {
      origin: settings.DEALER_SYSTEM_URL ?? '',
      port: portAt(settings.DEALER_SYSTEM_URL),
      databasePath: inData('dealer-system.sqlite'),
    },
    mailbox: {
      origin: settings.MAILBOX_URL ?? '',
      port: portAt(settings.MAILBOX_URL),
      smtpHost: DEVELOPMENT_SMTP.host,
      smtpPort: smtp?.hostname === DEVELOPMENT_SMTP.host && smtp.port !== '' ? Number(smtp.port) : DEVELOPMENT_SMTP.port,
      databasePath: inData('mailbox.sqlite'),
    },
    warnings: problems,
  };
}

/** In production apps are started alone: they have one PORT, and what one of them may reach the others must not. */
function checkApps(apps: readonly AppName[], { mode }: Variables, problems: Problem[]): void {
  if (mode === 'development') return;
  const source = 'command line';
  if (apps.length !== 1) {
    const expected = 'the name of one app (id, owners-site, notebook or dealer), because each runs alone in production';
    problems.push({ severity: 'error', source, expected, found: apps.length === 0 ? 'none' : apps.join(', ') });
  } else if (apps[0] === 'mailbox') {
    const expected = 'an app other than mailbox, which is for development only';
    problems.push({ severity: 'error', source, expected, found: 'mailbox' });
  }
}

function readClientFiles(directory: string, problems: Problem[]): ClientFileText[] {
  let names: string[];
  try {
    names = readdirSync(join(directory, CLIENTS)).filter((name) => name.endsWith('.json'));
  } catch {
    problems.push({ severity: 'error', source: CLIENTS, expected: 'a folder with a file for each client app', found: 'none' });
    return [];
  }
  return names.sort().flatMap((name) => {
    const source = `${CLIENTS}/${name}`;
    const text = readTextFile(directory, source, problems);
    return text === undefined ? [] : [{ name: source, text }];
  });
}

/** Two apps on one port cannot both listen, and one origin cannot be two sites. */
function checkOwnOrigins(settings: SettingValues, variables: Variables, problems: Problem[]): void {
  const owners = new Map<string, string>();
  for (const name of ['ISSUER', 'OWNERS_SITE_URL', 'NOTEBOOK_URL', 'DEALER_SYSTEM_URL', 'MAILBOX_URL'] as const) {
    const origin = settings[name];
    const owner = origin === undefined ? undefined : owners.get(origin);
    if (owner !== undefined) {
      const found = `${describeValue(origin)}, which is ${owner}`;
      problems.push({ severity: 'error', source: variables.sourceOf(name), key: name, expected: 'a URL of its own', found });
    } else if (origin !== undefined) owners.set(origin, name);
  }
}

/** What configuration files may refer to: settings with their defaults, and everything else in the environment. */
function lookupIn(settings: SettingValues, variables: Variables): Lookup {
  return (name) => {
    if (!Object.hasOwn(SETTINGS, name)) return variables.values[name];
    const value = settings[name as keyof SettingValues];
    if (typeof value === 'string') return value;
    const setting: Setting<unknown> = SETTINGS[name as keyof SettingValues];
    return setting.default === '' && variables.values[name] === undefined ? undefined : null;
  };
}

function portOf(origin: string | undefined): number {
  const url = URL.parse(origin ?? '');
  if (!url) return 0;
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

function databaseUrl(said: string | undefined, directory: string, dataDirectory: string): string {
  if (said === undefined) return `sqlite:${join(dataDirectory, 'common-id.sqlite')}`;
  return said.startsWith('sqlite:') ? `sqlite:${resolve(directory, said.slice('sqlite:'.length))}` : said;
}
