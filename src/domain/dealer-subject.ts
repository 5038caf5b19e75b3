// The name of a customer at one dealer.
import { createHmac, type KeyObject } from 'node:crypto';

/**
 * The same in everything that one dealer is told, another at each dealer: two of them cannot find out that they have the same customer
 * (OpenID Connect Core 1.0, section 8.1). A new link keeps it.
 * @param key of these names alone, so that no client's name for a person is ever equal to it
 */
export function dealerSubject(key: KeyObject, dealer: string, accountId: string): string {
  return createHmac('sha256', key)
    .update(JSON.stringify([dealer, accountId]))
    .digest('base64url');
}

/** The parts of a dealer link that name the customer. */
export type NamedCustomer = { customer?: string; dealer: string; account_id: string };

/**
 * The name under which the dealer of a link knows the customer.
 * @param key the key of the subjects: links that were made before `customer` was stored derive the name from it
 */
export function customerOf(link: NamedCustomer, key: KeyObject): string {
  const { customer, dealer, account_id: accountId } = link;
  return customer ?? createHmac('sha256', key).update(`pairwise:${dealer}:${accountId}`).digest('base64url');
}
