// Keys made of one secret: each use has a key of its own.
import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/**
 * Makes the key of one use: HKDF with SHA-256 (RFC 5869), without salt, 32 bytes. Another label gives another key, and no key tells the
 * secret or another key.
 * @param label names the use; a label that is in use never changes, because what was stored under its key depends on it
 */
export function deriveKey(secret: string, label: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', label, 32)));
}
