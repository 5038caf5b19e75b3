// Recognises addresses that only this machine or a private network can reach.
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

const RANGES_INSIDE = ['unspecified', 'private', 'carrierGradeNat', 'loopback', 'linkLocal', 'uniqueLocal'];
const NAMES_INSIDE = /(^|\.)localhost$|\.(local|internal|intranet|lan|home|corp|home\.arpa)$/;

/** The host of a URL as `node:net` takes it: an IPv6 address without brackets, a name without a dot at its end. */
export function hostOf(url: string): string {
  return (URL.parse(url)?.hostname ?? '').replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

/** Whether a host is an IP address. */
export function isAddress(host: string): boolean {
  return isIP(host) !== 0;
}

/** Whether a host is this machine, an address of a private network, or a name that means something in one network only. */
export function isInside(host: string): boolean {
  if (isAddress(host)) return RANGES_INSIDE.includes(rangeOf(host));
  return !host.includes('.') || NAMES_INSIDE.test(host);
}

/** Whether a host is this very machine. */
export function isThisMachine(host: string): boolean {
  return host === 'localhost' || (isAddress(host) && rangeOf(host) === 'loopback');
}

/** The range of special addresses (IANA registries) that an address lies in; a v4-mapped address counts as IPv4. */
function rangeOf(address: string): string {
  // Node takes any name behind the %, and the library letters and digits only.
  const [withoutZone = ''] = address.split('%');
  return ipaddr.process(withoutZone).range();
}
