// Derives the keys by which all limits of all apps count: the address and the network of a request.
import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { readAddress } from './client-address.ts';

/**
 * Returns the key of a single address: an IPv4 address (also in its v4-mapped form), or the /64 of an IPv6 address, which belongs to one household or phone.
 * @returns the key in canonical form; for a text that is no address, a key of this text alone
 */
export function sourceOf(address: string): string {
  const parsed = readAddress(address);
  if (!parsed) return unreadable(address);
  return parsed instanceof ipaddr.IPv4 ? parsed.toString() : `${groups(parsed, 4)}::/64`;
}

/**
 * Returns the key of the network around an address: the /24 of IPv4, or the /48 of IPv6, which is the most that one customer of a provider gets. An attacker
 * with one address often has its neighbours too. A carrier may have a hundred thousand customers in one network.
 * @returns the key in canonical form; for a text that is no address, a key of this text alone
 */
export function networkOf(address: string): string {
  const parsed = readAddress(address);
  if (!parsed) return unreadable(address);
  return parsed instanceof ipaddr.IPv4 ? `${parsed.octets.slice(0, 3).join('.')}.0/24` : `${groups(parsed, 3)}::/48`;
}

/** A trusted proxy wrote the text, so a visitor cannot choose it. One key for all such texts would make all visitors share their limits. */
function unreadable(text: string): string {
  return `unreadable:${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`;
}

function groups({ parts }: ipaddr.IPv6, count: number): string {
  return parts
    .slice(0, count)
    .map((part) => part.toString(16))
    .join(':');
}
