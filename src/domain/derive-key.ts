// Derives the keys of the program from one secret: each use has its own key.
import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/**
 * Derives the key of one use: HKDF with SHA-256 (RFC 5869), without salt, 32 bytes. Each label gives a different key, and a key
 * reveals neither the secret nor other keys.
 * @param label names the use. Never change a label in use, because stored data depends on its key.
 */
export function deriveKey(secret: string, label: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', label, 32)));
}
