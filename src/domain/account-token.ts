// The token of a link in a mail to an account's owner. It names the account, and has a secret that the account stores as a hash only.
import { createHash, randomBytes } from 'node:crypto';

/** Makes a token with a new secret of 32 random bytes. `digest` is the hash to store in the account. */
export function drawAccountToken(accountId: string): { token: string; digest: string } {
  const secret = randomBytes(32).toString('base64url');
  return { token: `${accountId}.${secret}`, digest: secretDigest(secret) };
}

/** Reads a token, which anybody may have written. A damaged one has an id and a hash that no account has. */
export function readAccountToken(token: string): { accountId: string; digest: string } {
  const [accountId = '', secret = ''] = token.split('.');
  return { accountId, digest: secretDigest(secret) };
}

/** Returns the hash of a secret: SHA-256, base64url. */
export function secretDigest(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
