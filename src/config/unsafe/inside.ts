// Recognises addresses that only this machine or a private network can reach.
import { BlockList, isIP } from 'node:net';

const INSIDE = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  INSIDE.addSubnet(network, prefix, 'ipv4');
  INSIDE.addSubnet(`::ffff:${network}`, 96 + prefix, 'ipv6');
}
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  INSIDE.addSubnet(network, prefix, 'ipv6');

const NAMES_INSIDE = /(^|\.)localhost$|\.(local|internal|intranet|lan|home|corp|home\.arpa)$/;

/** The host of a URL as `node:net` takes it: an IPv6 address without brackets, a name without a dot at its end. */
export function hostOf(url: string): string {
  return (URL.parse(url)?.hostname ?? '').replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

export function isAddress(host: string): boolean {
  return isIP(host) !== 0;
}

/** Whether a host is this machine, an address of a private network, or a name that means something in one network only. */
export function isInside(host: string): boolean {
  const family = isIP(host);
  if (family !== 0) return INSIDE.check(host, family === 6 ? 'ipv6' : 'ipv4');
  return !host.includes('.') || NAMES_INSIDE.test(host);
}

/** Whether a host is this very machine. */
export function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
