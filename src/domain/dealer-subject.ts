// The identifier by which a dealer knows a customer.
import { createHmac, type KeyObject } from 'node:crypto';

/**
 * Derives the pairwise identifier of a customer for one dealer (OpenID Connect Core 1.0, section 8.1). It differs for each
 * dealer, so that two dealers cannot find out that they have the same customer. A new link to the same dealer keeps it.
 * @param key used for nothing else, so that the identifier never equals a client's `sub`
 */
export function dealerSubject(key: KeyObject, dealer: string, accountId: string): string {
  return createHmac('sha256', key)
    .update(JSON.stringify([dealer, accountId]))
    .digest('base64url');
}

/** The fields of a dealer link that identify the customer. */
export type NamedCustomer = { customer?: string; dealer: string; account_id: string };

/**
 * Returns the identifier by which the dealer of a link knows the customer.
 * @param key the key of `dealerSubject`; links from before `customer` was stored derive the identifier from it
 */
export function customerOf(link: NamedCustomer, key: KeyObject): string {
  const { customer, dealer, account_id: accountId } = link;
  return customer ?? createHmac('sha256', key).update(`pairwise:${dealer}:${accountId}`).digest('base64url');
}
