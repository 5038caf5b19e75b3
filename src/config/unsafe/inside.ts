// Recognizes addresses that only this machine or a private network can reach.
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

const RANGES_INSIDE = ['unspecified', 'private', 'carrierGradeNat', 'loopback', 'linkLocal', 'uniqueLocal'];
const NAMES_INSIDE = /(^|\.)localhost$|\.(local|internal|intranet|lan|home|corp|home\.arpa)$/;

/** Returns the host of a URL as `node:net` accepts it: an IPv6 address without brackets, a name without a final dot. */
export function hostOf(url: string): string {
  return (URL.parse(url)?.hostname ?? '').replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

/** Whether a host is an IP address. */
export function isAddress(host: string): boolean {
  return isIP(host) !== 0;
}

/** Whether a host is this machine, an address of a private network, or a name that resolves in one network only. */
export function isInside(host: string): boolean {
  if (isAddress(host)) return RANGES_INSIDE.includes(rangeOf(host));
  return !host.includes('.') || NAMES_INSIDE.test(host);
}

/** Whether a host is this very machine. */
export function isThisMachine(host: string): boolean {
  return host === 'localhost' || (isAddress(host) && rangeOf(host) === 'loopback');
}

/** Returns the special range (IANA registries) of an address. An IPv4-mapped address counts as IPv4. */
function rangeOf(address: string): string {
  // Node accepts any zone name after the %, but the library only letters and digits.
  const [withoutZone = ''] = address.split('%');
  return ipaddr.process(withoutZone).range();
}
