// The common ID as one of the demo clients sees it; openid-client does the work.
import * as client from 'openid-client';
import { boundedFetch } from '../../http/bounded-fetch.ts';
import type { ClientKey } from '../client-key.ts';
import type { DemoClient } from './demo-clients.ts';

const TIMEOUT_SECONDS = 5;

/** What must come back unchanged with the answer of one authorization request. */
export type Pending = { state: string; nonce: string; codeVerifier: string };

/** Everything that a client app receives, for people to look at. */
export type Received = {
  idToken: string;
  claims: Record<string, unknown>;
  userInfo: Record<string, unknown>;
  /** The token response without the tokens. */
  response: Record<string, unknown>;
};

export type IdentityProvider = {
  /** @throws where the common ID cannot be reached */
  begin(): Promise<{ url: string; pending: Pending }>;
  /** @throws {client.AuthorizationResponseError} where the common ID or the person said no; others where something is wrong */
  finish(callback: URL, pending: Pending): Promise<Received>;
  logoutUrl(idToken: string): Promise<string>;
};

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
        // The common ID may start later than we do.
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
