// Makes the Config of the program from settings and files.
import { join, resolve } from 'node:path';
import type { Config, FromFiles, FromSettings } from './config.ts';
import { developmentSecrets } from './settings/development-secrets.ts';
import type { Variables } from './settings/variables.ts';
import { makeSecretKeys } from './settings/secret-keys.ts';
import { settingsInConfig, type SettingValues } from './settings/settings.ts';
import { isLoopback } from './problems/web-url.ts';

/** The SMTP port of the mailbox if SMTP_URL leads elsewhere. */
const MAILBOX_SMTP_PORT = 1025;

/**
 * Makes the configuration from checked settings and files. Values that this process does not need in production are empty.
 * @throws {ConfigError} if the secrets of development can be neither read nor made
 */
export function toConfig(directory: string, { mode }: Variables, settings: SettingValues, fromFiles: FromFiles): Config {
  return { ...readFromSettings(directory, mode, settings), ...fromFiles, fromFiles };
}

function readFromSettings(directory: string, mode: Variables['mode'], settings: SettingValues): FromSettings {
  const dataDirectory = resolve(directory, settings.DATA_DIRECTORY ?? 'data');
  const inData = (name: string): string => join(dataDirectory, name);
  const port = settings.PORT ?? portOf(settings.ISSUER);
  const site = (origin = '') => ({ origin, port: mode === 'production' ? port : portOf(origin) });
  const smtp = URL.parse(settings.SMTP_URL ?? '');
  return {
    ...settingsInConfig(settings),
    mode,
    ...(settings.ADMIN_PORT !== undefined && { admin: { host: settings.ADMIN_HOST ?? '127.0.0.1', port: settings.ADMIN_PORT } }),
    ...(settings.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined && {
      traces: { endpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT, share: settings.OTEL_TRACES_SAMPLER_ARG ?? 0.1 },
    }),
    port,
    databaseUrl: databaseUrl(settings.DATABASE_URL, directory) ?? `sqlite:${inData('common-id.sqlite')}`,
    dataDirectory,
    keyDirectory: settings.KEY_DIRECTORY === undefined ? inData('keys') : resolve(directory, settings.KEY_DIRECTORY),
    ...secrets(mode, settings, dataDirectory),
    ...(settings.LEDGER_ANCHOR_FILE && { ledgerAnchorFile: resolve(directory, settings.LEDGER_ANCHOR_FILE) }),
    ...(settings.REGIONS_FILE && { regionsFile: resolve(directory, settings.REGIONS_FILE) }),
    passkeyOrigins: settings.PASSKEY_ORIGINS ?? [],
    mail: { smtpUrl: settings.SMTP_URL ?? '', from: settings.MAIL_FROM ?? '' },
    ...(settings.SUPPORT_PHONE !== undefined && { supportPhone: settings.SUPPORT_PHONE }),
    ...sms(mode, settings),
    mailReportSecrets: settings.MAIL_REPORT_SECRET ?? [],
    commonPasswordsFile: join(directory, 'config/common-passwords.txt'),
    ownersSite: {
      ...site(settings.OWNERS_SITE_URL),
      databasePath: inData('owners-site.sqlite'),
      keyDirectory: inData('owners-site-keys'),
      ...(settings.OWNERS_SITE_SUNSET !== undefined && { sunset: settings.OWNERS_SITE_SUNSET }),
    },
    notebook: { ...site(settings.NOTEBOOK_URL), databasePath: inData('notebook.sqlite'), keyDirectory: inData('notebook-keys') },
    dealerSystem: { ...site(settings.DEALER_SYSTEM_URL), databasePath: inData('dealer-system.sqlite') },
    operationsConsole: {
      ...site(settings.OPERATIONS_CONSOLE_URL),
      databasePath: inData('operations-console.sqlite'),
      keyDirectory: inData('operations-console-keys'),
    },
    demoClients: {
      ...site(settings.DEMO_CLIENTS_URL),
      keyDirectory: inData('demo-clients-keys'),
      secret: settings.GAZOO_CLIENT_SECRET ?? '',
    },
    mailbox: {
      ...site(settings.MAILBOX_URL),
      // Anybody on this machine may hand it mail, and nobody else.
      smtpHost: mode === 'production' ? '127.0.0.1' : (settings.HOST ?? ''),
      smtpPort: smtp && isLoopback(smtp) && smtp.port !== '' ? Number(smtp.port) : MAILBOX_SMTP_PORT,
      smsSecrets: settings.SMS_SECRET ?? [],
      databasePath: inData('mailbox.sqlite'),
    },
  };
}

function secrets(mode: Variables['mode'], settings: SettingValues, dataDirectory: string): Pick<Config, 'cookieKeys' | 'keys'> {
  const { COOKIE_KEYS: cookieKeys, HMAC_KEY: hmac, SUBJECT_KEY: subject, LEDGER_KEY: ledger } = settings;
  const made = mode === 'production' || (cookieKeys && hmac) ? undefined : developmentSecrets(dataDirectory);
  return {
    cookieKeys: cookieKeys ?? made?.cookieKeys ?? [],
    keys: makeSecretKeys({ hmac: hmac ?? made?.hmacKey, subject, ledger }),
  };
}

function sms(mode: Variables['mode'], settings: SettingValues): Pick<Config, 'sms'> {
  const ofMailbox = mode === 'development' ? `${settings.MAILBOX_URL}/sms` : undefined;
  const [url, secrets] = [settings.SMS_URL ?? ofMailbox, settings.SMS_SECRET];
  return url === undefined || secrets === undefined ? {} : { sms: { url, secrets } };
}

function portOf(origin = ''): number {
  const url = URL.parse(origin);
  if (!url) return 0;
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

function databaseUrl(said: string | undefined, directory: string): string | undefined {
  return said?.startsWith('sqlite:') ? `sqlite:${resolve(directory, said.slice('sqlite:'.length))}` : said;
}
