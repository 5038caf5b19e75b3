// Reads TRUST_PROXY: which reverse proxies may say where a visitor comes from.
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { TrustProxy } from '../../http/client-address.ts';

const MOST_HOPS = 9;

/** The names that Express's `trust proxy` gives to the networks inside. */
const NAMED: Record<string, string[]> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** The form of TRUST_PROXY, for a message. */
export const EXPECTED_TRUST_PROXY = `how many reverse proxies stand in front (false is none, true is one, at most ${MOST_HOPS}), or their addresses and networks with commas between them, such as 192.0.2.7,10.0.0.0/8`;

/**
 * Reads the number of proxies, or their networks.
 * @returns networks in CIDR notation; `undefined` if the text is neither
 */
export function parseTrustProxy(value: string): TrustProxy | undefined {
  if (value === 'true') return 1;
  if (value === 'false') return 0;
  if (/^\d+$/.test(value)) return Number(value) <= MOST_HOPS ? Number(value) : undefined;
  const networks = value.split(',').flatMap((part) => NAMED[part.trim()] ?? [networkIn(part.trim())]);
  return networks.every((network) => network !== undefined) ? networks : undefined;
}

/** Reads an address or a network. A v4-mapped address is read as IPv4, as the addresses that are compared with it. */
function networkIn(text: string): string | undefined {
  const [address = '', bits] = text.split('/');
  if (isIP(address) === 0 || address.includes('%')) return undefined;
  const parsed = ipaddr.process(address);
  const most = parsed.kind() === 'ipv4' ? 32 : 128;
  if (bits === undefined) return `${parsed.toString()}/${most}`;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most && text.split('/').length === 2
    ? `${parsed.toString()}/${Number(bits)}`
    : undefined;
}

/** Whether the proxies include an address, if the connection comes from there. */
export function includesPeer(trustProxy: TrustProxy, address: string): boolean {
  if (typeof trustProxy === 'number') return trustProxy > 0;
  const parsed = ipaddr.process(address);
  return trustProxy.some((network) => {
    const [base, bits] = ipaddr.parseCIDR(network);
    return base.kind() === parsed.kind() && parsed.match(base, bits);
  });
}
