// Random tokens for cookies and mailed links. The browser holds the token, the database its hash.
import { createHash, randomBytes } from 'node:crypto';

/** Returns 256 random bits in base64url. */
export function newOpaqueToken(): string {
  return randomBytes(32).toString('base64url');
}

/** Returns the hash to store. A plain hash is enough: nobody can guess 256 random bits. */
export function hashOpaqueToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
