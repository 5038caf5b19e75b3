// Finds the common ID's public keys by discovery and verifies JWTs with them.
import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { boundedFetch } from '../../http/bounded-fetch.ts';
import { Problem } from '../../http/problem.ts';

/** Asymmetric algorithms only: an attacker could use a public key as an HMAC secret (RFC 8725 section 3.1). */
const ALGORITHMS = ['ES256', 'PS256', 'RS256'];

/** The clocks of two machines may differ by this much. */
const CLOCK_TOLERANCE_SECONDS = 10;

const FETCH_TIMEOUT_MS = 3000;

/** Unknown key ids cause a new fetch at most this often: new keys are found soon, and an attacker cannot cause a flood of fetches. */
const COOLDOWN_MS = 5000;

/** OpenID Connect Discovery 1.0 section 3, as far as it is needed here. */
const providerMetadata = z.object({ issuer: z.string(), jwks_uri: z.string() });

/** The token is not from the issuer, not for us, or not valid now; the message says which. */
export class InvalidJwt extends Error {
  override name = 'InvalidJwt';
}

export type VerifyJwt = (
  jwt: string,
  expected: { typ: string; audience: string; requiredClaims: string[] },
) => Promise<JWTPayload>;

/**
 * Creates a verifier for this issuer's JWTs. It checks the signature, `typ`, `iss`, `aud`, `exp`, `nbf` and the presence of required claims.
 * The keys are fetched on first use, and again when a token names an unknown key.
 * The verifier throws {InvalidJwt}, or {Problem} 503 if the issuer's keys cannot be fetched.
 */
export function createJwtVerifier(issuer: string, clock: () => number): VerifyJwt {
  let keys: JWTVerifyGetKey | undefined;

  async function findKeys(): Promise<JWTVerifyGetKey> {
    const answer = await boundedFetch(`${issuer}/.well-known/openid-configuration`, {
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    });
    const metadata = providerMetadata.parse(await answer.json());
    // OpenID Connect Discovery 1.0 section 4.3: metadata of another issuer would make us trust that issuer's keys.
    if (metadata.issuer !== issuer) throw new Error('not the metadata of this issuer');
    return createRemoteJWKSet(new URL(metadata.jwks_uri), {
      timeoutDuration: FETCH_TIMEOUT_MS,
      cooldownDuration: COOLDOWN_MS,
      [customFetch]: boundedFetch,
    });
  }

  return async function verifyJwt(jwt, { typ, audience, requiredClaims }) {
    try {
      keys ??= await findKeys();
      const { payload } = await jwtVerify(jwt, keys, {
        issuer,
        audience,
        typ,
        requiredClaims,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(clock()),
      });
      return payload;
    } catch (error) {
      // Errors about the token have their own codes in jose. The generic code and the timeout mean that fetching the keys failed.
      if (error instanceof errors.JOSEError && !['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT'].includes(error.code)) {
        throw new InvalidJwt(error.message);
      }
      throw new Problem(503, 'issuer_unavailable', 'The keys of the common ID cannot be fetched at the moment.', {
        headers: { 'Retry-After': '5' },
      });
    }
  };
}
