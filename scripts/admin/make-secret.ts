// A secret that nobody has chosen.
import { randomBytes } from 'node:crypto';

/** 43 characters, unreserved ones only: several client libraries do not form-encode secrets for HTTP Basic (RFC 6749, section 2.3.1). */
export function makeSecret(): string {
  return randomBytes(32).toString('base64url');
}
