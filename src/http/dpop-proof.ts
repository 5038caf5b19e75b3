// Checks an access token that is sent with or without a DPoP proof (RFC 9449, section 7), for endpoints that take access tokens.
import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify, type JWK } from 'jose';

/** Signature algorithms of proofs, as the common ID's discovery document lists them. */
export const DPOP_ALGORITHMS = ['ES256', 'Ed25519', 'EdDSA'] as const;

/** How far `iat` may be from now: clocks of devices differ, and a request travels. */
export const PROOF_WINDOW_MS = 60_000;
const LONGEST_PROOF = 4096;

/** The proof is missing or wrong, or it does not belong to this token. The message says which, for the developer of the client. */
export class InvalidDpopProof extends Error {
  override name = 'InvalidDpopProof';
}

/** The parts of an Authorization header (RFC 9110, section 11.6.2); `undefined` for another scheme or a malformed token. */
export function readAccessToken(header: string): { scheme: 'Bearer' | 'DPoP'; token: string } | undefined {
  const [, scheme = '', token] = /^(Bearer|DPoP) +([\w.~+/=-]+)$/i.exec(header) ?? [];
  if (token === undefined) return undefined;
  return { scheme: scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer', token };
}

/**
 * Returns how an endpoint answers an {InvalidDpopProof}, with status 401 (RFC 9449, section 7.1): the error code, and the scheme and
 * further parameters of the challenge.
 */
export function refusalOf({ scheme, boundTo }: Pick<ProvenRequest, 'scheme' | 'boundTo'>): {
  code: string;
  challenge: ProvenRequest['scheme'];
  parameters: Record<string, string>;
} {
  const code = scheme === 'DPoP' ? 'invalid_dpop_proof' : 'invalid_token';
  return boundTo === undefined
    ? { code, challenge: 'Bearer', parameters: {} }
    : { code, challenge: 'DPoP', parameters: { algs: DPOP_ALGORITHMS.join(' ') } };
}

export type ProvenRequest = {
  scheme: 'Bearer' | 'DPoP';
  token: string;
  /** The thumbprint that the token is bound to (`cnf.jkt`, RFC 9449 section 6.1); `undefined` for an unbound token. */
  boundTo: string | undefined;
  /** The value of the DPoP header; empty if there is none. */
  proof: string;
  method: string;
  /** The URL of the request, without its query. */
  url: string;
  /** Notes the id of a proof until it is too old to be used. @returns `false` if it was noted before */
  noteProof(id: string, until: number): boolean | Promise<boolean>;
};

/**
 * Checks that the sender of a token holds the key that the token is bound to. A bound token is never accepted as a bearer token, and
 * an unbound one needs no proof.
 * @throws {InvalidDpopProof}
 */
export async function checkPossession(request: ProvenRequest): Promise<void> {
  const { scheme, boundTo } = request;
  if (boundTo === undefined) {
    if (scheme === 'DPoP') throw new InvalidDpopProof('the token is not bound to a key: send it as a bearer token');
    return;
  }
  if (scheme === 'Bearer') throw new InvalidDpopProof('the token is bound to a key: send it with the scheme DPoP and a proof');
  const { id, issuedAt, thumbprint } = await readProof(request);
  if (thumbprint !== boundTo) throw new InvalidDpopProof('the proof is by another key than the one that the token is bound to');
  const isFirst = await request.noteProof(digest(`${thumbprint} ${id}`), issuedAt + 2 * PROOF_WINDOW_MS);
  if (!isFirst) throw new InvalidDpopProof('the proof was used before');
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Checks the proof itself (RFC 9449, section 4.3). */
async function readProof({ proof, method, url, token }: ProvenRequest) {
  // The machine's clock, as at oidc-provider's endpoints: a test cannot move that of the libraries that make proofs.
  const now = Date.now();
  if (proof === '' || proof.length > LONGEST_PROOF) throw new InvalidDpopProof('exactly one DPoP header is expected');
  const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
    typ: 'dpop+jwt',
    algorithms: [...DPOP_ALGORITHMS],
    requiredClaims: ['jti', 'iat', 'htm', 'htu', 'ath'],
    currentDate: new Date(now),
    clockTolerance: PROOF_WINDOW_MS / 1000,
  }).catch((error: unknown) => {
    throw new InvalidDpopProof(`the proof is not valid: ${error instanceof Error ? error.message : String(error)}`);
  });
  const { jti, iat, htm, htu, ath } = payload;
  if (typeof jti !== 'string' || jti === '') throw new InvalidDpopProof('"jti" of the proof is not a text');
  if (typeof iat !== 'number' || Math.abs(now - iat * 1000) > PROOF_WINDOW_MS)
    throw new InvalidDpopProof('"iat" of the proof is not the current time');
  if (htm !== method) throw new InvalidDpopProof('"htm" of the proof is another method');
  if (withoutQuery(htu) !== withoutQuery(url)) throw new InvalidDpopProof('"htu" of the proof is another URL');
  if (ath !== digest(token)) throw new InvalidDpopProof('"ath" of the proof is of another token');
  return { id: jti, issuedAt: iat * 1000, thumbprint: await calculateJwkThumbprint(protectedHeader.jwk as JWK) };
}

function withoutQuery(url: unknown): string | undefined {
  const parsed = typeof url === 'string' ? URL.parse(url) : null;
  return parsed ? `${parsed.origin}${parsed.pathname}` : undefined;
}
