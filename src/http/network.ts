// Names the place that a request comes from. Every limit of every app counts by these two names, so that one place has one count.
import { isIPv4, isIPv6 } from 'node:net';

/**
 * The single place: an IPv4 address (also in its v4-mapped form), or the /64 of an IPv6 address, which one household or phone has to itself.
 * @returns a key in one spelling; `unknown` for anything that is no address
 */
export function sourceOf(address: string): string {
  const parsed = parse(address);
  if (!parsed) return 'unknown';
  return 'ipv4' in parsed ? parsed.ipv4.join('.') : `${parsed.ipv6.slice(0, 4).join(':')}::/64`;
}

/**
 * The network around it: /24 of IPv4, /48 of IPv6, which is what one customer of a provider can get at most. An attacker who holds one
 * address of it often holds its neighbours; a carrier has some hundred thousand customers in it.
 * @returns a key in one spelling; `unknown` for anything that is no address
 */
export function networkOf(address: string): string {
  const parsed = parse(address);
  if (!parsed) return 'unknown';
  return 'ipv4' in parsed ? `${parsed.ipv4.slice(0, 3).join('.')}.0/24` : `${parsed.ipv6.slice(0, 3).join(':')}::/48`;
}

function parse(address: string): { ipv4: string[] } | { ipv6: string[] } | undefined {
  if (isIPv4(address)) return { ipv4: address.split('.') };
  const bare = address.split('%')[0] ?? '';
  if (!isIPv6(bare)) return undefined;
  // The URL parser writes an address in its one canonical form, and a v4-mapped one always in hexadecimal.
  const [head = '', tail = ''] = new URL(`http://[${bare}]`).hostname.slice(1, -1).split('::');
  const groups = head.split(':').filter(Boolean);
  const end = tail.split(':').filter(Boolean);
  const full = [...groups, ...Array<string>(Math.max(8 - groups.length - end.length, 0)).fill('0'), ...end];
  if (full.slice(0, 6).join(':') !== '0:0:0:0:0:ffff') return { ipv6: full };
  const bytes = full.slice(6).flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]);
  return { ipv4: bytes.map(String) };
}
