// Derives the keys by which all limits of all apps count: the address and the network of a request.
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Returns the key of a single address: an IPv4 address (also in its v4-mapped form), or the /64 of an IPv6 address, which belongs to one household or phone.
 * @returns the key in canonical form; `unknown` if the text is not an address
 */
export function sourceOf(address: string): string {
  const parsed = parse(address);
  if (!parsed) return 'unknown';
  return parsed instanceof ipaddr.IPv4 ? parsed.toString() : `${groups(parsed, 4)}::/64`;
}

/**
 * Returns the key of the network around an address: the /24 of IPv4, or the /48 of IPv6, which is the most that one customer of a provider gets. An attacker
 * with one address often has its neighbours too. A carrier may have a hundred thousand customers in one network.
 * @returns the key in canonical form; `unknown` if the text is not an address
 */
export function networkOf(address: string): string {
  const parsed = parse(address);
  if (!parsed) return 'unknown';
  return parsed instanceof ipaddr.IPv4 ? `${parsed.octets.slice(0, 3).join('.')}.0/24` : `${groups(parsed, 3)}::/48`;
}

/** Node decides what an address is, because the library also accepts short, octal and hexadecimal IPv4 addresses, which no proxy sends. */
function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const [withoutZone = ''] = address.split('%');
  return isIP(address) === 0 ? undefined : ipaddr.process(withoutZone);
}

function groups({ parts }: ipaddr.IPv6, count: number): string {
  return parts
    .slice(0, count)
    .map((part) => part.toString(16))
    .join(':');
}
