// Generates random secrets.
import { randomBytes } from 'node:crypto';

/** Returns 43 unreserved characters, because several client libraries do not form-encode secrets for HTTP Basic (RFC 6749, section 2.3.1). */
export function makeSecret(): string {
  return randomBytes(32).toString('base64url');
}
