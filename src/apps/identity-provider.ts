// A client app's connection to the common ID, by openid-client. It has two kinds of errors: unavailable and refused.
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { z } from 'zod';
import { boundedFetch } from '../http/bounded-fetch.ts';
import type { ClientKey } from './client-key.ts';
import { SignInInsufficient, stepUpOf, type StepUp } from './step-up.ts';

const TIMEOUT_SECONDS = 5;
const CLOCK_TOLERANCE_SECONDS = 10;
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** The common ID cannot be reached, or its answer is not an OpenID Provider's. Trying again may help. */
export class IdentityProviderUnavailable extends Error {
  override name = 'IdentityProviderUnavailable';
}

/** The common ID refused, or its answer failed our checks. Trying again does not help. */
export class IdentityProviderRefusal extends Error {
  override name = 'IdentityProviderRefusal';
  /** The OAuth 2.0 or OpenID Connect error code; `invalid_response` for an answer that failed our checks. */
  readonly code: string;
  constructor(code: string, cause: unknown) {
    super(`the common ID: ${code}`, { cause });
    this.code = code;
  }
}

/** An access token, as it is sent. */
export type AccessToken = {
  access_token: string;
  /** `dpop`: bound to our key (RFC 9449). A session from before its app used DPoP has bearer tokens. */
  token_type?: 'dpop' | 'bearer';
};

/** Tokens for one audience. */
export type Tokens = AccessToken & {
  refresh_token?: string | undefined;
  /** Milliseconds since 1970. */
  expires_at: number;
};

/** The values an authorization response is checked against. */
export type RequestSecrets = { state: string; nonce: string; code_verifier: string };

export type AuthorizationRequest = {
  scope: string;
  /** RFC 8707. */
  resource?: string;
  prompt?: 'none';
  /** Fills in the login page. */
  loginHint?: string | undefined;
  /** RFC 9396. */
  authorization_details?: object[];
  stepUp?: StepUp;
};

export type Login = {
  sub: string;
  sid?: string;
  idToken: string;
  /** `iat` of the ID token: seconds since 1970, by the same clock as a logout token's `iat`. */
  issuedAt: number;
  tokens: Tokens;
};

/** A request to a protected resource. */
export type ResourceRequest = { method?: string; headers?: Record<string, string>; body?: string };

/** A verified logout token. Times are seconds since 1970, by the common ID's clock. */
export type LogoutToken = {
  sub?: string | undefined;
  sid?: string | undefined;
  jti: string;
  issuedAt: number;
  /** The token expires at this time. */
  expiresAt: number;
};

export type IdentityProvider = ReturnType<typeof createIdentityProvider>;

function sorted(error: unknown): Error {
  if (error instanceof IdentityProviderRefusal || error instanceof IdentityProviderUnavailable) return error;
  if (error instanceof client.AuthorizationResponseError) return new IdentityProviderRefusal(error.error, error);
  if (error instanceof client.ResponseBodyError) {
    const passing = error.status >= 500 || ['server_error', 'temporarily_unavailable'].includes(error.error);
    return passing
      ? new IdentityProviderUnavailable(error.message, { cause: error })
      : new IdentityProviderRefusal(error.error, error);
  }
  if (error instanceof client.WWWAuthenticateChallengeError && error.status < 500) {
    return new IdentityProviderRefusal('invalid_token', error);
  }
  const distrusted = ['OAUTH_INVALID_RESPONSE', 'OAUTH_JWT_CLAIM_COMPARISON_FAILED', 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED'];
  if (error instanceof client.ClientError && distrusted.includes(error.code ?? '')) {
    return new IdentityProviderRefusal('invalid_response', error);
  }
  return new IdentityProviderUnavailable(error instanceof Error ? error.message : String(error), { cause: error });
}

/**
 * Creates the connection. Metadata is fetched on first use, so the app starts without the common ID. All methods throw
 * {IdentityProviderUnavailable} or {IdentityProviderRefusal}.
 */
export function createIdentityProvider(options: {
  issuer: string;
  clientId: string;
  /** The app's own origin. */
  origin: string;
  key: ClientKey;
  /** The key that access tokens are bound to. */
  dpopKey: ClientKey;
  /** How long an answer of a protected resource is waited for. */
  resourceTimeoutSeconds: number;
  clock: () => number;
}) {
  const { issuer, clientId, origin, key, dpopKey, resourceTimeoutSeconds, clock } = options;
  const redirectUri = `${origin}/callback`;
  let discovered: Promise<client.Configuration> | undefined;
  let forResources: client.Configuration | undefined;
  let logoutKeys: ReturnType<typeof createRemoteJWKSet> | undefined;

  /** Fetches the metadata (OpenID Connect Discovery 1.0). It is cached after the first success. */
  function configuration(): Promise<client.Configuration> {
    discovered ??= client
      .discovery(
        new URL(issuer),
        clientId,
        { id_token_signed_response_alg: 'ES256' },
        client.PrivateKeyJwt({ key: key.privateKey, kid: key.kid }),
        {
          timeout: TIMEOUT_SECONDS,
          [client.customFetch]: boundedFetch,
          execute: issuer.startsWith('http:') ? [client.allowInsecureRequests] : [],
        },
      )
      .catch((error: unknown) => {
        discovered = undefined;
        throw error;
      });
    return discovered;
  }

  /** The configuration of requests to protected resources, which have a time limit of their own. It is made once. */
  async function resourceConfiguration(): Promise<client.Configuration> {
    if (forResources) return forResources;
    const config = new client.Configuration((await configuration()).serverMetadata(), clientId);
    config.timeout = resourceTimeoutSeconds;
    // A redirect is not followed: it could carry the token to another server.
    config[client.customFetch] = boundedFetch;
    if (issuer.startsWith('http:')) client.allowInsecureRequests(config);
    return (forResources ??= config);
  }

  /** Proves the possession of our key; for tokens that are bound to it. */
  const proven = (config: client.Configuration, { token_type }: AccessToken): client.DPoPOptions =>
    token_type === 'dpop' ? { DPoP: client.getDPoPHandle(config, dpopKey) } : {};

  async function ask<T>(question: (configuration: client.Configuration) => T | Promise<T>): Promise<T> {
    try {
      return await question(await configuration());
    } catch (error) {
      throw sorted(error);
    }
  }

  function tokensOf(answer: Awaited<ReturnType<typeof client.refreshTokenGrant>>, before?: string): Tokens {
    const lifetime = answer.expiresIn() ?? 0;
    return {
      access_token: answer.access_token,
      token_type: answer.token_type === 'dpop' ? 'dpop' : 'bearer',
      // Without a new refresh token in the answer, the old one stays valid (RFC 6749 section 6).
      refresh_token: answer.refresh_token ?? before,
      expires_at: clock() + lifetime * 1000,
    };
  }

  return {
    /** Creates an authorization request with PKCE, state and nonce. Returns its URL, and the secrets to check the response with. */
    authorizationRequest({ scope, resource, prompt, loginHint, authorization_details, stepUp = {} }: AuthorizationRequest) {
      const { acrValues, maxAgeSeconds } = stepUp;
      return ask(async (config) => {
        const secrets: RequestSecrets = {
          state: client.randomState(),
          nonce: client.randomNonce(),
          code_verifier: client.randomPKCECodeVerifier(),
        };
        const url = client.buildAuthorizationUrl(config, {
          response_type: 'code',
          redirect_uri: redirectUri,
          scope,
          state: secrets.state,
          nonce: secrets.nonce,
          code_challenge: await client.calculatePKCECodeChallenge(secrets.code_verifier),
          code_challenge_method: 'S256',
          ...(resource && { resource }),
          ...(prompt && { prompt }),
          ...(loginHint !== undefined && { login_hint: loginHint }),
          ...(acrValues !== undefined && { acr_values: acrValues }),
          ...(maxAgeSeconds !== undefined && { max_age: String(maxAgeSeconds) }),
          ...(authorization_details && { authorization_details: JSON.stringify(authorization_details) }),
        });
        return { url: url.href, secrets };
      });
    },

    /**
     * Checks the authorization response (`state`, and `iss` of RFC 9207), redeems its code, and checks the ID token with its `nonce`.
     * @param pathAndQuery the callback's path and query, as received
     */
    redeem(pathAndQuery: string, secrets: RequestSecrets, resource: string | undefined): Promise<Login> {
      return ask(async (config) => {
        const answer = await client.authorizationCodeGrant(
          config,
          new URL(origin + pathAndQuery),
          { expectedState: secrets.state, expectedNonce: secrets.nonce, pkceCodeVerifier: secrets.code_verifier },
          resource ? { resource } : {},
          { DPoP: client.getDPoPHandle(config, dpopKey) },
        );
        const claims = answer.claims();
        if (!claims || !answer.id_token) throw new IdentityProviderRefusal('invalid_response', 'no ID token');
        return {
          sub: claims.sub,
          ...(typeof claims['sid'] === 'string' && { sid: claims['sid'] }),
          idToken: answer.id_token,
          issuedAt: claims.iat,
          tokens: tokensOf(answer),
        };
      });
    },

    refresh(refreshToken: string, resource: string | undefined): Promise<Tokens> {
      return ask(async (config) =>
        tokensOf(
          await client.refreshTokenGrant(config, refreshToken, resource ? { resource } : {}, {
            DPoP: client.getDPoPHandle(config, dpopKey),
          }),
          refreshToken,
        ),
      );
    },

    /** Reads the claims of a person, in the shape of `schema`. */
    userInfo<T>(token: AccessToken, sub: string, schema: z.ZodType<T>): Promise<T> {
      return ask(async (config) =>
        schema.parse(await client.fetchUserInfo(config, token.access_token, sub, proven(config, token))),
      );
    },

    /**
     * Sends a request to a protected resource with an access token for it.
     * @returns the response, of any status
     * @throws {SignInInsufficient} if the resource demands another sign-in
     * @throws {Error} if there is no response within `resourceTimeoutSeconds`
     */
    async fetchResource(token: AccessToken, url: string, { method = 'GET', headers, body }: ResourceRequest): Promise<Response> {
      const config = await resourceConfiguration();
      try {
        const proof = proven(config, token);
        return await client.fetchProtectedResource(
          config,
          token.access_token,
          new URL(url),
          method,
          body,
          new Headers(headers),
          proof,
        );
      } catch (error) {
        if (!(error instanceof client.WWWAuthenticateChallengeError)) throw error;
        const stepUp = stepUpOf(error);
        if (stepUp) throw new SignInInsufficient(stepUp);
        return error.response;
      }
    },

    /** Returns the URL that logs the browser out at the common ID as well (OpenID Connect RP-Initiated Logout 1.0). */
    logoutUrl(idToken: string): Promise<string> {
      const post_logout_redirect_uri = `${origin}/?notice=logged_out`;
      return ask((config) => client.buildEndSessionUrl(config, { id_token_hint: idToken, post_logout_redirect_uri }).href);
    },

    /**
     * Checks a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.6).
     * @throws {Error} if it is not valid
     */
    async verifyLogoutToken(token: string): Promise<LogoutToken> {
      const { jwks_uri } = (await configuration()).serverMetadata();
      if (!jwks_uri) throw new IdentityProviderUnavailable("the common ID's metadata has no jwks_uri");
      logoutKeys ??= createRemoteJWKSet(new URL(jwks_uri), {
        timeoutDuration: TIMEOUT_SECONDS * 1000,
        cooldownDuration: 5000,
        [customFetch]: boundedFetch,
      });
      const { payload } = await jwtVerify(token, logoutKeys, {
        issuer,
        audience: clientId,
        typ: 'logout+jwt',
        algorithms: ['ES256'],
        requiredClaims: ['iat', 'exp', 'jti'],
        currentDate: new Date(clock()),
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      });
      const event = z.object({ [LOGOUT_EVENT]: z.object({}) });
      // An ID token must not be accepted as a logout token: ID tokens have a nonce and no event.
      if (!event.safeParse(payload['events']).success || payload['nonce'] !== undefined) throw new Error('not a logout token');
      const sid = typeof payload['sid'] === 'string' ? payload['sid'] : undefined;
      if (payload.sub === undefined && sid === undefined) throw new Error('neither sub nor sid');
      const { sub, jti, iat, exp } = z
        .looseObject({ sub: z.string().optional(), jti: z.string(), iat: z.number(), exp: z.number() })
        .parse(payload);
      return { sub, sid, jti, issuedAt: iat, expiresAt: exp + CLOCK_TOLERANCE_SECONDS };
    },
  };
}
