// The owners site as a client of the common ID: pushes authorization requests, redeems codes and reads the migration's state.
import type { JSONWebKeySet } from 'jose';
import * as client from 'openid-client';
import { z } from 'zod';
import { boundedFetch } from '../../http/bounded-fetch.ts';
import type { Log } from '../../telemetry/log.ts';
import type { ClientKey } from '../client-key.ts';
import { describeError } from './describe-error.ts';
import { createLegacyProfile } from './legacy-profile.ts';
import { readDealerLink, readMigrationState, type MigrationState } from './migration-state.ts';
import type { Attempt, DealerLink, Way } from './migrations.ts';
import type { User } from './users.ts';

const CLIENT_ID = 'owners-site';

const SCOPE = 'openid profile email phone address offline_access migration dealer_link';

/** For requests that a person waits for. */
const TIMEOUT_SECONDS = 5;
/** For pages that only show the state. */
const STATE_TIMEOUT_MS = 1500;
/** A token is renewed this long before it expires. */
const TOKEN_MARGIN_MS = 30_000;

/** RFC 7517 section 5; members of a key that are not named here are kept. */
const keySet = z.object({
  keys: z.array(z.looseObject({ kty: z.string(), use: z.string().exactOptional(), kid: z.string().exactOptional() })),
});

export type CommonIdOptions = {
  origin: string;
  issuer: string;
  dealerSystemOrigin: string;
  clock: () => number;
  log: Log;
};

export type CommonId = {
  /** The common ID's origin, to which forms may be redirected. */
  origin: string;
  /**
   * Pushes the request with the user's data (RFC 9126).
   * @param authTime when the user entered the password; milliseconds since 1970
   * @returns the URL for the browser, which holds no personal data, and the values to check the response against
   * @throws {Error} if the common ID cannot be reached or refuses
   */
  requestMigration(user: User, authTime: number, way: Way, language: string): Promise<{ url: URL; attempt: Attempt }>;
  /**
   * Checks the authorization response (state, nonce, iss) and redeems its code.
   * @param search query of the redirect, with the question mark
   * @throws {client.AuthorizationResponseError} if the response is an error
   */
  redeem(search: string, attempt: Attempt): Promise<{ idToken: string; dealerLink: DealerLink | undefined }>;
  /** Returns the common ID's state of the migration, or undefined if it does not answer quickly. Never throws. */
  migrationState(user: User): Promise<MigrationState | undefined>;
  /** Returns the URL that ends the browser's session at the common ID (OpenID Connect RP-Initiated Logout 1.0). */
  logoutUrl(idToken: string, language: string): Promise<URL>;
};

/** Creates the client. Metadata is fetched on first use. */
export function createCommonId(key: ClientKey, options: CommonIdOptions): CommonId {
  const { origin, issuer, dealerSystemOrigin, clock, log } = options;
  const redirectUri = `${origin}/callback`;
  let discovered: Promise<client.Configuration> | undefined;
  let token: { value: string; endsAt: number } | undefined;

  // Runs on first use, because the common ID may start after us. After a failure the next caller tries again.
  function discover(): Promise<client.Configuration> {
    discovered ??= client
      .discovery(
        new URL(issuer),
        CLIENT_ID,
        { id_token_signed_response_alg: 'ES256' },
        client.PrivateKeyJwt({ key: key.privateKey, kid: key.kid }),
        {
          timeout: TIMEOUT_SECONDS,
          [client.customFetch]: boundedFetch,
          execute: [client.enableNonRepudiationChecks, ...(issuer.startsWith('http:') ? [client.allowInsecureRequests] : [])],
        },
      )
      .catch((error: unknown) => {
        discovered = undefined;
        throw error;
      });
    return discovered;
  }

  async function providerKeys(config: client.Configuration): Promise<JSONWebKeySet> {
    const response = await boundedFetch(String(config.serverMetadata().jwks_uri), {
      signal: AbortSignal.timeout(TIMEOUT_SECONDS * 1000),
    });
    if (!response.ok) throw new Error(`the common ID answered ${response.status} to the request for its keys`);
    return keySet.parse(await response.json());
  }

  async function stateToken(): Promise<string> {
    if (token && token.endsAt > clock()) return token.value;
    const response = await client.clientCredentialsGrant(await discover(), { scope: 'migration:read' });
    token = { value: response.access_token, endsAt: clock() + (response.expires_in ?? 0) * 1000 - TOKEN_MARGIN_MS };
    return token.value;
  }

  async function fetchState(legacyId: string): Promise<MigrationState> {
    const response = await boundedFetch(`${issuer}/migrations/${encodeURIComponent(legacyId)}`, {
      headers: { Authorization: `Bearer ${await stateToken()}`, Accept: 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_SECONDS * 1000),
    });
    // The token was revoked early, by a new key or a new database there. The next page requests a new one.
    if (response.status === 401) token = undefined;
    if (!response.ok) throw new Error(`the common ID answered ${response.status} to the request for a migration's state`);
    return readMigrationState(await response.json());
  }

  return {
    origin: new URL(issuer).origin,

    async requestMigration(user, authTime, way, language) {
      const config = await discover();
      const attempt = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        codeVerifier: client.randomPKCECodeVerifier(),
      };
      const dealer = user.profile.dealer?.code;
      const url = await client.buildAuthorizationUrlWithPAR(config, {
        redirect_uri: redirectUri,
        scope: SCOPE,
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(attempt.codeVerifier),
        code_challenge_method: 'S256',
        ui_locales: language,
        ...(way === 'new' ? { prompt: 'create' } : {}),
        ...(user.email === undefined ? {} : { login_hint: user.email }),
        ...(dealer === undefined ? {} : { resource: `${dealerSystemOrigin}/dealers/${dealer}` }),
        // Without a dealer, the person chooses one at the common ID.
        authorization_details: JSON.stringify([{ type: 'dealer_link', ...(dealer === undefined ? {} : { dealer }) }]),
        legacy_profile: await createLegacyProfile(user, authTime, {
          clientId: CLIENT_ID,
          issuer,
          key,
          providerKeys: await providerKeys(config),
          now: clock(),
        }),
      });
      return { url, attempt };
    },

    async redeem(search, attempt) {
      const tokens = await client.authorizationCodeGrant(await discover(), new URL(redirectUri + search), {
        expectedState: attempt.state,
        expectedNonce: attempt.nonce,
        pkceCodeVerifier: attempt.codeVerifier,
        idTokenExpected: true,
      });
      return { idToken: String(tokens.id_token), dealerLink: readDealerLink(tokens.authorization_details) };
    },

    async migrationState(user) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${STATE_TIMEOUT_MS} ms`)), STATE_TIMEOUT_MS);
      });
      try {
        return await Promise.race([fetchState(user.legacy_id), late]);
      } catch (error) {
        log.warn({ detail: describeError(error) }, 'cannot read the state of a migration');
        return undefined;
      } finally {
        clearTimeout(timer);
      }
    },

    async logoutUrl(idToken, language) {
      return client.buildEndSessionUrl(await discover(), {
        id_token_hint: idToken,
        post_logout_redirect_uri: `${origin}/logged-out`,
        ui_locales: language,
      });
    },
  };
}
