// The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header): what makes a repeated request harmless.
import { Problem } from './problem.ts';

/**
 * The key; the quotes that the draft asks for may be left out.
 * @throws {Problem} 400 where it is missing or malformed
 */
export function idempotencyKey(header: string): string {
  const key = header.replace(/^"(.*)"$/, '$1');
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new Problem(400, 'idempotency_key_missing', 'Send an Idempotency-Key of 1 to 255 visible ASCII characters.');
}
