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
  /** Where the common ID listens; 0 takes a free port. */
  port: number;
  /** Where metrics and detailed readiness are served; if absent, they are not served. */
  admin?: { host: string; port: number };
  /** `sqlite:<path>` or `mongodb://…`. */
  databaseUrl: string;
  /** Absolute; keys, databases and other things that survive a restart. */
  dataDirectory: string;
  /** Signing and encryption keys of the provider. */
  keyDirectory: string;
  /** The first signs, all verify. */
  cookieKeys: string[];
  /** Made of HMAC_KEY, SUBJECT_KEY and LEDGER_KEY. */
  keys: SecretKeys;
  /** Absolute; the anchors of the ledger are written there, too. */
  ledgerAnchorFile?: string;
  mail: { smtpUrl: string; from: string };
  /** Absolute path of the list of common passwords. */
  commonPasswordsFile: string;
  /**
   * The reference apps, and the mailbox of development. Each listens on `port`: the port of its origin in development, PORT in
   * production, where it runs alone.
   */
  ownersSite: { origin: string; port: number; databasePath: string; keyDirectory: string; sunset?: string };
  notebook: { origin: string; port: number; databasePath: string; keyDirectory: string };
  dealerSystem: { origin: string; port: number; databasePath: string };
  /** Client apps to try, in development. */
  demoClients: { origin: string; port: number; keyDirectory: string; secret: string };
  mailbox: { origin: string; port: number; smtpHost: string; smtpPort: number; databasePath: string };
};

/** The part that comes from files. A running program reloads all of it, or nothing. */
export type FromFiles = FileSections & {
  /**
   * The SHA-256 of each file, and of the variables and secrets that files refer to. Processes with the same configuration have the same
   * digests.
   */
  files: Record<string, string>;
  clients: Client[];
  /** Oddities that do not stop the program, for the log. */
  warnings: Problem[];
};

/** Both parts. `fromFiles` holds the part of the files once more, so that a reload replaces all of it. */
export type Config = FromSettings & FromFiles & { fromFiles: FromFiles };
