// The validated configuration, as `loadConfig` returns it.
import type { Client } from './clients/client.ts';
import type { FileSections } from './files/file-sections.ts';
import type { Problem } from './problems/problem.ts';
import type { SecretKeys } from './settings/secret-keys.ts';
import type { SettingsInConfig } from './settings/settings.ts';

export type { Client, ClientSecret, LocalizedText } from './clients/client.ts';
export type { Dealer } from './files/dealers-schema.ts';
export type { Service } from './files/read-services.ts';
export type { TermsText } from './files/read-terms.ts';
export type { AppName } from './settings/setting.ts';

/** The part that comes from settings of the environment. It does not change while a process runs. */
export type FromSettings = SettingsInConfig & {
  mode: 'development' | 'production';
  /** The port of the common ID; 0 means any free port. */
  port: number;
  /** The address for metrics and detailed readiness; if absent, they are not served. */
  admin?: { host: string; port: number };
  /** Where traces are sent, and the share of them that is recorded; if absent, there are none. */
  traces?: { endpoint: string; share: number };
  /** `sqlite:<path>` or `mongodb://…`. */
  databaseUrl: string;
  /** Absolute path. Holds keys, databases and other data that survives a restart. */
  dataDirectory: string;
  /** Holds the provider's signing and encryption keys. */
  keyDirectory: string;
  /** The first key signs cookies; all of them verify. */
  cookieKeys: string[];
  /** Derived from HMAC_KEY, SUBJECT_KEY and LEDGER_KEY. */
  keys: SecretKeys;
  /** Absolute path of a file that also gets the anchors of the ledger. */
  ledgerAnchorFile?: string;
  mail: { smtpUrl: string; from: string };
  /** The telephone number of the support desk. If absent, pages and mails name no contact. */
  supportPhone?: string;
  /** The SMS gateway, and the secrets that sign what it gets. Without it, a mobile number is no login ID. */
  sms?: { url: string; secrets: string[] };
  /** The secrets that sign what the mail system posts to /mail-reports; empty if it posts nothing. */
  mailReportSecrets: string[];
  /** Other origins whose pages may use the passkeys of ISSUER. */
  passkeyOrigins: string[];
  /** Absolute path of the MMDB file that names the regions of networks. */
  regionsFile?: string;
  /** Absolute path of the list of common passwords. */
  commonPasswordsFile: string;
  /**
   * The reference apps, and the mailbox of development. Each listens on `port`: the port of its origin in development, PORT in
   * production, where it runs alone.
   */
  ownersSite: { origin: string; port: number; databasePath: string; keyDirectory: string; sunset?: string };
  notebook: { origin: string; port: number; databasePath: string; keyDirectory: string };
  dealerSystem: { origin: string; port: number; databasePath: string };
  /** The demo clients, for development. */
  operationsConsole: { origin: string; port: number; databasePath: string; keyDirectory: string };
  demoClients: { origin: string; port: number; keyDirectory: string; secret: string };
  mailbox: { origin: string; port: number; smtpHost: string; smtpPort: number; smsSecrets: string[]; databasePath: string };
};

/** The part that comes from files. A running program reloads all of it, or nothing. */
export type FromFiles = FileSections & {
  /**
   * The SHA-256 of each file, and one of all variables and secrets that the files refer to. Processes with the same configuration
   * have the same digests.
   */
  files: Record<string, string>;
  clients: Client[];
  /** Problems that do not stop the program, for the log. */
  warnings: Problem[];
};

/** Both parts. `fromFiles` repeats the part from files, so that a reload can replace all of it. */
export type Config = FromSettings & FromFiles & { fromFiles: FromFiles };
