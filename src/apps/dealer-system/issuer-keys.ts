// The public keys of the common ID, found by discovery, and what is signed with them.
import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { boundedFetch } from '../../http/bounded-fetch.ts';
import { Problem } from './problem.ts';

/** Asymmetric ones only: a key that is public must not become a secret (RFC 8725 section 3.1). */
const ALGORITHMS = ['ES256', 'PS256', 'RS256'];

/** Two machines' clocks may differ by this much. */
const CLOCK_TOLERANCE_SECONDS = 10;

const FETCH_TIMEOUT_MS = 3000;

/** A key id that is not known is looked up again after this long, so that a new key is found soon and an attacker causes no flood. */
const COOLDOWN_MS = 5000;

/** The token is none of the issuer's, not for us, or not valid now; the message says which. */
export class InvalidJwt extends Error {
  override name = 'InvalidJwt';
}

export type VerifyJwt = (
  jwt: string,
  expected: { typ: string; audience: string; requiredClaims: string[] },
) => Promise<JWTPayload>;

/**
 * Makes the check of a JWT of this issuer: signature, `typ`, `iss`, `aud`, `exp`, `nbf` and that the required claims are there.
 * The keys are fetched at first use and again when an unknown one is met.
 * The check throws {InvalidJwt}, or {Problem} 503 while the issuer's keys cannot be had.
 */
export function createJwtVerifier(issuer: string, clock: () => number): VerifyJwt {
  let keys: JWTVerifyGetKey | undefined;

  async function findKeys(): Promise<JWTVerifyGetKey> {
    const answer = await boundedFetch(`${issuer}/.well-known/openid-configuration`, {
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    });
    const metadata = (await answer.json()) as { issuer?: unknown; jwks_uri?: unknown };
    // OpenID Connect Discovery 1.0 section 4.3: another issuer's document gives another issuer's keys.
    if (metadata.issuer !== issuer || typeof metadata.jwks_uri !== 'string') throw new Error('not the metadata of this issuer');
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
      // jose's errors have a code of their own for everything that is wrong with the token; the rest is about fetching.
      if (error instanceof errors.JOSEError && !['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT'].includes(error.code)) {
        throw new InvalidJwt(error.message);
      }
      throw new Problem(503, 'issuer_unavailable', 'The keys of the common ID cannot be fetched at present.', {
        headers: { 'Retry-After': '5' },
      });
    }
  };
}
