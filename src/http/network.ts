// Names the place that a request comes from. Every limit of every app counts by these two names, so that one place has one count.
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * The single place: an IPv4 address (also in its v4-mapped form), or the /64 of an IPv6 address, which one household or phone has to itself.
 * @returns a key in one spelling; `unknown` for a text that is not an address
 */
export function sourceOf(address: string): string {
  const parsed = parse(address);
  if (!parsed) return 'unknown';
  return parsed instanceof ipaddr.IPv4 ? parsed.toString() : `${groups(parsed, 4)}::/64`;
}

/**
 * The network around it: /24 of IPv4, /48 of IPv6, which is what one customer of a provider can get at most. An attacker who holds one
 * address of it often holds its neighbours; a carrier has some hundred thousand customers in it.
 * @returns a key in one spelling; `unknown` for a text that is not an address
 */
export function networkOf(address: string): string {
  const parsed = parse(address);
  if (!parsed) return 'unknown';
  return parsed instanceof ipaddr.IPv4 ? `${parsed.octets.slice(0, 3).join('.')}.0/24` : `${groups(parsed, 3)}::/48`;
}

/** The library also reads short, octal and hexadecimal spellings of IPv4, which no proxy writes: Node decides what an address is. */
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
