// The name of a customer at one dealer.
import { createHmac, type KeyObject } from 'node:crypto';

/**
 * The same in everything that one dealer is told, another at each dealer: two of them cannot find out that they have the same customer
 * (OpenID Connect Core 1.0, section 8.1).
 * @param key the server's key, without which nobody gets from an account to its names
 */
export function dealerSubject(key: KeyObject, dealer: string, accountId: string): string {
  return createHmac('sha256', key).update(`pairwise:${dealer}:${accountId}`).digest('base64url');
}
