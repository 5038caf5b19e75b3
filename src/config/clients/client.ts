// A client app of the configuration.
import type { Acr } from '../../domain/authentication-methods.ts';
import type { RequiredClaim } from '../../domain/required-profile.ts';

/** A text in every language of the pages. */
export type LocalizedText = { ja: string; en: string };

/** A secret of a client, as a digest. Only the client has the secret itself. */
export type ClientSecret = {
  /** SHA-256, base64url. */
  digest: string;
  /** The start of validity; epoch milliseconds. */
  notBefore?: number;
  /** The end of validity, exclusive; epoch milliseconds. */
  notAfter?: number;
};

/** A client, from a file of config/clients/. */
export type Client = {
  /**
   * Standard metadata (OpenID Connect Dynamic Client Registration 1.0, section 2) for oidc-provider, with variables replaced and
   * without `$schema`, `client_secret` and `common_id`.
   */
  metadata: {
    client_id: string;
    redirect_uris?: string[];
    authorization_details_types?: string[];
    jwks?: { keys: { kty: string }[] } | undefined;
    [name: string]: unknown;
  };
  /** For `client_secret_basic` and `client_secret_post`. Each is accepted in its validity period. */
  secrets?: ClientSecret[];
  /** `client_name` and its language-tagged forms. */
  name: LocalizedText;
  /** The service that the person is on the way to: the client's own name, if its file names no other. */
  destination: LocalizedText;
  brand: 'toyota' | 'lexus';
  /** Whether the client is ours. It skips the consent page for scopes, but never the one for dealer links. */
  firstParty: boolean;
  requiredClaims: RequiredClaim[];
  /** Whether the client may hand over legacy profiles. */
  legacyImport: boolean;
  /** For an app in the browser: the origins that may call the token and UserInfo endpoints (CORS). */
  webOrigins: string[];
  /** The lifetime of its access tokens, if it differs from the general one. */
  accessTokenLifetimeSeconds?: number;
  /** Whether every authorization request must have a code challenge (RFC 7636). */
  pkceRequired: boolean;
  /** Whether ID tokens hold the claims of the granted scopes. Otherwise only UserInfo has them. */
  claimsInIdToken: boolean;
  /** The security profile that the client keeps to: FAPI 2.0. */
  profile?: 'fapi2';
  /** Whether each use of a refresh token replaces it. Those of a public client without DPoP are replaced in any case. */
  refreshRotation: boolean;
  /** How strong a sign-in has to be for the client, if it says so (`acr`). */
  requiredAcr?: Acr;
  enabled: boolean;
  /** The contact for questions about the client. */
  contact: string;
};
