// The validated configuration: what `loadConfig` answers and the rest of the program is given.
import type { RequiredClaim } from '../domain/required-profile.ts';
import type { Policy } from './files/read-policy.ts';
import type { Problem } from './problems/problem.ts';
import type { SecretKeys } from './settings/secret-keys.ts';
import type { SettingsInConfig } from './settings/settings.ts';

export type { AppName } from './settings/setting.ts';

/** A text in every language of the pages. */
export type LocalizedText = { ja: string; en: string };

/** A secret of a client app; nobody but the client app has it itself. */
export type ClientSecret = {
  /** SHA-256, base64url. */
  digest: string;
  /** Epoch milliseconds: it counts from here on. */
  notBefore?: number;
  /** Epoch milliseconds: it counts no more from here on. */
  notAfter?: number;
};

/** One client app: a file of config/clients/. */
export type Client = {
  /**
   * Standard metadata (OpenID Connect Dynamic Client Registration 1.0, section 2), as oidc-provider takes it: environment variables
   * put in, `$schema`, `client_secret` and `common_id` taken out.
   */
  metadata: { client_id: string; redirect_uris?: string[]; [name: string]: unknown };
  /** For `client_secret_basic`: each counts in its time. */
  secrets?: ClientSecret[];
  /** `client_name` and its language-tagged forms. */
  name: LocalizedText;
  brand: 'toyota' | 'lexus';
  /** Ours: the scope page is skipped; the dealer page never is. */
  firstParty: boolean;
  requiredClaims: RequiredClaim[];
  /** Whether it may hand over legacy profiles. */
  legacyImport: boolean;
  /** The origins whose pages may ask for tokens and UserInfo; of a client app that runs in the browser. */
  webOrigins: string[];
  /** Of its access tokens, where it has one of its own. */
  accessTokenLifetimeSeconds?: number;
  enabled: boolean;
  /** Whom to ask about it. */
  contact: string;
};

/** A dealer: an entry of config/dealers.json. */
export type Dealer = {
  code: string;
  name: LocalizedText;
  brand: 'toyota' | 'lexus';
  /** 都道府県, Japanese. */
  prefecture: string;
  /** Its API, and the resource indicator (RFC 8707) of its tokens. */
  resource: string;
};

/** A service shown at ④: an entry of config/services.json. */
export type Service = { name: LocalizedText; description?: LocalizedText; client_id?: string; url?: string };

/** One version of the terms in one language: config/terms/<version>.<language>.md. */
export type TermsText = { version: string; language: 'ja' | 'en'; effectiveFrom: string; material: boolean; markdown: string };

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
export type FromFiles = Policy & {
  /**
   * What was read, as SHA-256 by file; what the files refer to – variables and secrets – is one entry more. Processes that read the same have
   * the same here.
   */
  files: Record<string, string>;
  clients: Client[];
  dealers: Dealer[];
  services: Service[];
  /** Every version; the one in force is the newest whose `effectiveFrom` is not in the future. */
  terms: TermsText[];
  /** The privacy page, Markdown; see `readSections`. */
  privacy: LocalizedText;
  /** What is odd but stops nothing, for the log. */
  warnings: Problem[];
};

/** Both together; what comes from files is there as a whole, too, so that nothing of it is left behind where it is read again. */
export type Config = FromSettings & FromFiles & { fromFiles: FromFiles };
