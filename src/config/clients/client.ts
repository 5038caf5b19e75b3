// A client app of the configuration.
import type { RequiredClaim } from '../../domain/required-profile.ts';

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
