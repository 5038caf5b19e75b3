// Opens a `legacy_profile` and finds its mistakes, one after the other. The endpoint stops at the first; the operators' check tells all.
import {
  compactDecrypt,
  decodeJwt,
  decodeProtectedHeader,
  errors as joseErrors,
  jwtVerify,
  UnsecuredJWT,
  type CryptoKey,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from 'jose';
import type { Config } from '../../config/config.ts';
import { duplicateKeys } from '../../domain/duplicate-keys.ts';
import type { DroppedClaim } from '../../domain/legacy-claims.ts';
import { parseLegacyProfile, type LegacyProfile } from '../../domain/legacy-profile.ts';
import type { Keys } from '../../keys/keys.ts';

const MAX_BYTES = 8 * 1024;
const MAX_LIFETIME_SECONDS = 5 * 60;
export const CLOCK_TOLERANCE_SECONDS = 60;
export const HAND_OVER_TYP = 'legacy-profile+jwt';
export const KEY_MANAGEMENT = 'ECDH-ES+A256KW';
export const CONTENT_ENCRYPTION = 'A256GCM';
const SIGNATURES = ['ES256', 'PS256'];

/** A mistake of the client's developer. It has no values of claims about the person. */
export type HandOverMistake = {
  part: 'client' | 'size' | 'encryption' | 'signature' | 'claims' | 'profile';
  /** The answer of the endpoint. */
  sentence: string;
  /** What exactly is wrong, where the sentence is general. */
  details?: string[];
};

/** What was read. */
export type HandOver = { jti: string; exp: number; profile: LegacyProfile; dropped: DroppedClaim[] };

export type HandOverFrom = {
  clientId: string;
  /** The client's public keys. */
  keySet: JWTVerifyGetKey;
  config: Pick<Config, 'issuer'>;
  keys: Pick<Keys, 'jwks' | 'decryptionKey'>;
  /** Milliseconds since 1970. */
  now: number;
};

/** The answer to a client that may not hand over. */
export const MAY_NOT_HAND_OVER = 'this client may not hand over profiles (common_id.legacy_import in its file)';

/**
 * Opens a hand-over, and yields each mistake in the order of the checks. It stops where nothing more can be read. It neither reads
 * nor writes the database, so it does not know whether the `jti` was used before.
 * @returns the hand-over, also after a mistake that let it be read; accept it only if nothing was yielded
 */
export async function* findHandOverMistakes(
  value: string,
  from: HandOverFrom,
): AsyncGenerator<HandOverMistake, HandOver | undefined, undefined> {
  const size = Buffer.byteLength(value);
  if (size > MAX_BYTES)
    yield { part: 'size', sentence: `at most ${MAX_BYTES} bytes`, details: [`it has ${size} bytes; hand over fewer vehicles`] };
  const signed = yield* decrypt(value, from.keys);
  if (signed === undefined) return undefined;
  const claims = yield* verify(signed, from);
  if (claims === undefined) return undefined;
  const parsed = parseLegacyProfile(claims);
  if (!parsed.ok) {
    yield { part: 'profile', sentence: parsed.problems.join('; '), details: parsed.problems.length > 1 ? parsed.problems : [] };
    return undefined;
  }
  const { jti = '', exp = 0 } = claims;
  return { jti, exp, profile: parsed.profile, dropped: parsed.dropped };
}

/** Decrypts the JWE with our key. @returns the JWT in it */
async function* decrypt(jwe: string, keys: HandOverFrom['keys']): AsyncGenerator<HandOverMistake, string | undefined, undefined> {
  const cannot = (...details: string[]): HandOverMistake => ({
    part: 'encryption',
    sentence: `cannot be decrypted: a compact JWE with ${KEY_MANAGEMENT} and ${CONTENT_ENCRYPTION}, encrypted to our key, is expected`,
    details,
  });
  let header;
  try {
    header = decodeProtectedHeader(jwe);
  } catch {
    yield cannot('its first part is no header of a JWE');
    return undefined;
  }
  const ours = keys.jwks.keys.filter(({ use }) => use === 'enc').flatMap(({ kid }) => (kid === undefined ? [] : [kid]));
  const named = await keys.decryptionKey(header.kid);
  if (!named) {
    const found = header.kid === undefined ? 'the header has no "kid"' : `the header has "kid": ${shown(header.kid)}`;
    yield {
      part: 'encryption',
      sentence: 'encrypt to the key of our JWKS with "use": "enc", and name its kid in the header',
      details: [`${found}; expected ${ours.map(shown).join(' or ')}`],
    };
  }
  if (header.zip !== undefined) yield { part: 'encryption', sentence: 'compression (zip) is not accepted' };
  // A developer who forgot the kid wants to know the mistakes inside, too.
  const candidates: (CryptoKey | undefined)[] = named
    ? [named]
    : await Promise.all(ours.map(async (kid) => keys.decryptionKey(kid)));
  for (const key of candidates) {
    if (!key) continue;
    try {
      const { plaintext } = await compactDecrypt(jwe, key, {
        keyManagementAlgorithms: [KEY_MANAGEMENT],
        contentEncryptionAlgorithms: [CONTENT_ENCRYPTION],
      });
      return new TextDecoder('utf-8', { fatal: true }).decode(plaintext);
    } catch {
      // The sentence below tells it.
    }
  }
  const details = [
    ...differences(header, 'alg', [KEY_MANAGEMENT]),
    ...differences(header, 'enc', [CONTENT_ENCRYPTION]),
    ...(jwe.split('.').length === 5 ? [] : [`a compact JWE has five parts, and this has ${jwe.split('.').length}`]),
  ];
  yield cannot(...(details.length > 0 ? details : ['it was encrypted to another key, or changed after that']));
  return undefined;
}

/** Verifies the signature and the claims of the JWT. @returns its claims, if they can be read; also after a mistake */
async function* verify(jws: string, from: HandOverFrom): AsyncGenerator<HandOverMistake, JWTPayload | undefined, undefined> {
  const { clientId, keySet, config, now } = from;
  const rules: JWTVerifyOptions = {
    typ: HAND_OVER_TYP,
    issuer: clientId,
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    requiredClaims: ['iat', 'exp', 'jti', 'sub'],
    currentDate: new Date(now),
  };
  let payload: JWTPayload;
  try {
    // Only keys of the client's registered set count; the headers `jwk`, `jku`, `x5u` and `x5c` are ignored.
    ({ payload } = await jwtVerify(jws, keySet, { algorithms: SIGNATURES, ...rules }));
  } catch (error) {
    // One mistake is always told here, so that nothing that was refused is accepted.
    yield isAboutClaim(error) ? { part: 'claims', sentence: error.message } : notVerified(whyNotVerified(jws, error));
    const read = readUnverified(jws);
    if (!read) return undefined;
    for (const sentence of claimMistakes(jws, read, rules, from))
      if (!isAboutClaim(error) || sentence !== error.message) yield { part: 'claims', sentence };
    payload = read;
  }
  const claim = (sentence: string, ...details: string[]): HandOverMistake => ({ part: 'claims', sentence, details });
  if (payload.aud !== config.issuer) yield claim(`"aud" must be ${config.issuer} alone`);
  // Look at the signed text, because parsing has already dropped duplicates.
  const twice = namesTwice(jws);
  if (!twice) yield notVerified(['its claims are nested too deep']);
  else if (twice.length > 0) yield claim('a claim stands in it twice', ...twice.map((name) => `twice: ${shown(name)}`));
  const { iat, exp, jti }: Record<string, unknown> = payload;
  if (typeof iat === 'number' && typeof exp === 'number' && exp - iat > MAX_LIFETIME_SECONDS)
    yield claim(`"exp" may be at most ${MAX_LIFETIME_SECONDS} seconds after "iat"`, `it is ${exp - iat} seconds after it`);
  if (typeof iat === 'number' && iat > now / 1000 + CLOCK_TOLERANCE_SECONDS) yield claim('"iat" is in the future');
  if (jti !== undefined && (typeof jti !== 'string' || jti.length === 0 || jti.length > 200))
    yield claim('"jti" must be a text of 1 to 200 characters');
  return payload;
}

function notVerified(details: string[]): HandOverMistake {
  return {
    part: 'signature',
    sentence: `the JWT inside must be signed by this client with ES256 or PS256, "typ": "${HAND_OVER_TYP}", and a key of its JWKS`,
    details,
  };
}

/** The names that stand twice in an object of the claims; `undefined` if they are nested too deep to say. */
function namesTwice(jws: string): string[] | undefined {
  try {
    return duplicateKeys(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()).map(({ name }) => name);
  } catch {
    return undefined;
  }
}

/** Whether jose refused a claim, or the `typ`, after it had verified the signature. */
function isAboutClaim(error: unknown): error is joseErrors.JWTClaimValidationFailed | joseErrors.JWTExpired {
  return error instanceof joseErrors.JWTClaimValidationFailed || error instanceof joseErrors.JWTExpired;
}

/** The claims of a JWT that was refused, to tell what else is wrong. */
function readUnverified(jws: string): JWTPayload | undefined {
  try {
    return decodeJwt(jws);
  } catch {
    return undefined;
  }
}

/** Finds all claims that jose refuses. jose stops at the first, so each claim that was refused is made right, and the rest is tried again. */
function claimMistakes(jws: string, claims: JWTPayload, rules: JWTVerifyOptions, from: HandOverFrom): string[] {
  const seconds = Math.floor(from.now / 1000);
  const right: Record<string, unknown> = {
    iss: from.clientId,
    sub: '-',
    jti: '-',
    iat: seconds,
    exp: seconds + 60,
    nbf: seconds,
  };
  const mended: Record<string, unknown> = { ...claims };
  const header: Record<string, unknown> = { alg: 'none', typ: headerOf(jws).typ };
  const sentences: string[] = [];
  for (;;) {
    try {
      UnsecuredJWT.decode(`${encoded(header)}.${encoded(mended)}.`, rules);
      return sentences;
    } catch (error) {
      if (!isAboutClaim(error) || sentences.includes(error.message)) return sentences;
      sentences.push(error.message);
      if (error.claim === 'typ') header.typ = HAND_OVER_TYP;
      else mended[error.claim] = right[error.claim];
    }
  }
}

function whyNotVerified(jws: string, error: unknown): string[] {
  const header = headerOf(jws);
  const details = [...differences(header, 'alg', SIGNATURES), ...differences(header, 'typ', [HAND_OVER_TYP])];
  if (error instanceof joseErrors.JWKSNoMatchingKey || error instanceof joseErrors.JWKSMultipleMatchingKeys) {
    const kid = header.kid === undefined ? 'the header has no "kid"' : `the header has "kid": ${shown(header.kid)}`;
    details.push(
      `${kid}, and the client's JWKS has ${error instanceof joseErrors.JWKSNoMatchingKey ? 'no' : 'more than one'} such key`,
    );
  } else if (error instanceof joseErrors.JWSSignatureVerificationFailed) details.push('the signature was not made with this key');
  else if (error instanceof Error && details.length === 0) details.push(error.message);
  return details;
}

function headerOf(jws: string): Record<string, unknown> {
  try {
    return { ...decodeProtectedHeader(jws) };
  } catch {
    return {};
  }
}

/** Says how a header's parameter differs from what is expected. */
function differences(header: Record<string, unknown>, name: string, expected: string[]): string[] {
  const found = header[name];
  if (expected.some((one) => one === found)) return [];
  const has = found === undefined ? `the header has no "${name}"` : `the header has "${name}": ${shown(found)}`;
  return [`${has}; expected ${expected.map(shown).join(' or ')}`];
}

const shown = (value: unknown): string => JSON.stringify(value).slice(0, 80);
const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
