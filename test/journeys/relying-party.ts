// A client of the common ID, built only with openid-client, as an integrator would.
import { CompactEncrypt, exportJWK, generateKeyPair, importJWK, SignJWT, type CryptoKey, type JWK } from 'jose';
import * as client from 'openid-client';
import type { World } from '../support/world.ts';

export type Attempt = { url: URL; redirectUri: string; state: string; nonce: string; verifier: string };

export type RelyingParty = {
  config: client.Configuration;
  /** An authorization request with PKCE, in the URL. */
  request(parameters?: Record<string, string>): Promise<Attempt>;
  /** The same, pushed (RFC 9126). */
  push(parameters?: Record<string, string>): Promise<Attempt>;
  /** Checks the response (state, nonce, iss) and redeems its code. */
  redeem(arrivedAt: string, attempt: Attempt): Promise<client.TokenEndpointResponse & client.TokenEndpointResponseHelpers>;
};

/** @param authentication nothing for a public client */
export async function createRelyingParty(
  world: World,
  clientId: string,
  redirectUri: string,
  authentication: client.ClientAuth = client.None(),
): Promise<RelyingParty> {
  const config = await client.discovery(
    new URL(world.origins.id),
    clientId,
    { id_token_signed_response_alg: 'ES256' },
    authentication,
    { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] },
  );
  const build =
    (toUrl: (parameters: Record<string, string>) => Promise<URL> | URL) =>
    async (parameters: Record<string, string> = {}): Promise<Attempt> => {
      const attempt = {
        redirectUri,
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
      };
      const url = await toUrl({
        redirect_uri: redirectUri,
        scope: 'openid',
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
        ...parameters,
      });
      return { ...attempt, url };
    };
  return {
    config,
    request: build((parameters) => client.buildAuthorizationUrl(config, parameters)),
    push: build(async (parameters) => client.buildAuthorizationUrlWithPAR(config, parameters)),
    redeem: async (arrivedAt, { state, nonce, verifier }) =>
      client.authorizationCodeGrant(config, new URL(arrivedAt), {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      }),
  };
}

export type SigningKey = { kid: string; privateKey: CryptoKey; publicJwk: JWK };

export async function makeSigningKey(kid: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  return { kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'ES256' } };
}

/** The hand-over of a legacy user: signed by the client, encrypted to the provider. */
export async function makeLegacyProfile(
  { config }: RelyingParty,
  key: SigningKey,
  legacyId: string,
  claims: Record<string, unknown> = {},
): Promise<string> {
  const { issuer, jwks_uri: jwksUri } = config.serverMetadata();
  const { keys } = (await (await fetch(String(jwksUri))).json()) as { keys: JWK[] };
  const encryptionKey = keys.find(({ use }) => use === 'enc');
  if (!encryptionKey?.kid) throw new Error('the provider publishes no encryption key');
  const signed = await new SignJWT({ auth_time: Math.floor(Date.now() / 1000), ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: key.kid, typ: 'legacy-profile+jwt' })
    .setIssuer(config.clientMetadata().client_id)
    .setAudience(issuer)
    .setSubject(legacyId)
    .setIssuedAt()
    .setExpirationTime('4m')
    .setJti(crypto.randomUUID())
    .sign(key.privateKey);
  return new CompactEncrypt(new TextEncoder().encode(signed))
    .setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', cty: 'JWT', kid: encryptionKey.kid })
    .encrypt(await importJWK(encryptionKey, 'ECDH-ES+A256KW'));
}
