// A demo client's connection to the common ID, by openid-client.
import * as client from 'openid-client';
import { boundedFetch } from '../../http/bounded-fetch.ts';
import type { ClientKey } from '../client-key.ts';
import type { DemoClient } from './demo-clients.ts';

const TIMEOUT_SECONDS = 5;

/** The values an authorization response is checked against. */
export type Pending = { state: string; nonce: string; codeVerifier: string };

/** Everything that a client app receives, shown on its page. */
export type Received = {
  idToken: string;
  claims: Record<string, unknown>;
  userInfo: Record<string, unknown>;
  /** The token response without the tokens. */
  response: Record<string, unknown>;
};

export type IdentityProvider = {
  /** @throws {Error} if the common ID cannot be reached */
  begin(): Promise<{ url: string; pending: Pending }>;
  /** @throws {client.AuthorizationResponseError} if the common ID or the person refused; other errors if a check fails */
  finish(callback: URL, pending: Pending): Promise<Received>;
  logoutUrl(idToken: string): Promise<string>;
};

/** Creates the connection of one demo client. The metadata is fetched on first use. */
export function createIdentityProvider(
  { id, scope, authentication }: DemoClient,
  { issuer, origin, key, secret }: { issuer: string; origin: string; key: ClientKey; secret: string },
): IdentityProvider {
  const redirectUri = `${origin}/${id}/callback`;
  let discovered: Promise<client.Configuration> | undefined;
  const configuration = async (): Promise<client.Configuration> => {
    discovered ??= client
      .discovery(
        new URL(issuer),
        id,
        { id_token_signed_response_alg: 'ES256' },
        authentication === 'client_secret_basic'
          ? client.ClientSecretBasic(secret)
          : client.PrivateKeyJwt({ key: key.privateKey, kid: key.kid }),
        {
          timeout: TIMEOUT_SECONDS,
          [client.customFetch]: boundedFetch,
          execute: issuer.startsWith('http:') ? [client.allowInsecureRequests] : [],
        },
      )
      .catch((error: unknown) => {
        // The common ID may start later than we do, so the next call tries again.
        discovered = undefined;
        throw error;
      });
    return discovered;
  };
  return {
    async begin() {
      const pending = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        codeVerifier: client.randomPKCECodeVerifier(),
      };
      const url = client.buildAuthorizationUrl(await configuration(), {
        redirect_uri: redirectUri,
        scope,
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(pending.codeVerifier),
        code_challenge_method: 'S256',
      });
      return { url: url.href, pending };
    },
    async finish(callback, { state, nonce, codeVerifier }) {
      const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: codeVerifier };
      const config = await configuration();
      const tokens = await client.authorizationCodeGrant(config, callback, checks);
      const claims = tokens.claims();
      if (!claims || tokens.id_token === undefined) throw new Error('no ID token came');
      const { id_token: idToken, access_token: accessToken, refresh_token: refreshToken, ...rest } = tokens;
      return {
        idToken,
        claims,
        userInfo: await client.fetchUserInfo(config, accessToken, claims.sub),
        response: { ...rest, refresh_token: refreshToken !== undefined },
      };
    },
    async logoutUrl(idToken) {
      const parameters = { id_token_hint: idToken, post_logout_redirect_uri: `${origin}/${id}` };
      return client.buildEndSessionUrl(await configuration(), parameters).href;
    },
  };
}
