// A client app of the configuration.
import type { RequiredClaim } from '../../domain/required-profile.ts';

/** A text in every language of the pages. */
export type LocalizedText = { ja: string; en: string };

/** A secret of a client app, as its digest: only the client app has the secret itself. */
export type ClientSecret = {
  /** SHA-256, base64url. */
  digest: string;
  /** Epoch milliseconds: it is valid from then on. */
  notBefore?: number;
  /** Epoch milliseconds: it is not valid from then on. */
  notAfter?: number;
};

/** One client app: a file of config/clients/. */
export type Client = {
  /**
   * Standard metadata (OpenID Connect Dynamic Client Registration 1.0, section 2), as oidc-provider takes it: environment variables
   * put in, `$schema`, `client_secret` and `common_id` taken out.
   */
  metadata: { client_id: string; redirect_uris?: string[]; [name: string]: unknown };
  /** For `client_secret_basic`: each is valid in its time. */
  secrets?: ClientSecret[];
  /** `client_name` and its language-tagged forms. */
  name: LocalizedText;
  brand: 'toyota' | 'lexus';
  /** A service of our own: the scope page is skipped; the dealer page never is. */
  firstParty: boolean;
  requiredClaims: RequiredClaim[];
  /** Whether it may hand over legacy profiles. */
  legacyImport: boolean;
  /** The origins whose pages may ask for tokens and UserInfo; of a client app that runs in the browser. */
  webOrigins: string[];
  /** The lifetime of its access tokens, if it differs from the policy. */
  accessTokenLifetimeSeconds?: number;
  enabled: boolean;
  /** A person or team that knows the client app. */
  contact: string;
};
