// Random tokens for cookies and mailed links: the browser has the token, the database its hash.
import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits, base64url. */
export function newOpaqueToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What is kept of a token. A plain hash is enough: nobody can try 256 random bits. */
export function hashOpaqueToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
