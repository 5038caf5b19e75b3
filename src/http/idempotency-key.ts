// The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header), which makes it safe to repeat a request.
import { Problem } from './problem.ts';

/**
 * Returns the key. The draft requires quotes around it; they may be left out here.
 * @throws {Problem} 400 if it is missing or malformed
 */
export function idempotencyKey(header: string): string {
  const key = header.replace(/^"(.*)"$/, '$1');
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new Problem(400, 'idempotency_key_missing', 'Send an Idempotency-Key of 1 to 255 visible ASCII characters.');
}
