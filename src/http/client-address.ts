// Finds out the address of the visitor behind the reverse proxies that the operator trusts, as Express's `trust proxy` does.
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Log } from '../telemetry/log.ts';

/**
 * The trusted reverse proxies: how many stand in front (0 if none does), or their networks in CIDR notation. Each of them adds the address
 * that it was called from to the right of X-Forwarded-For. Visitors can forge everything to the left of that.
 */
export type TrustProxy = number | readonly string[];

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** The log says each of two things at most once in this time: that a proxy wrote no address, and that it wrote nothing. */
const TOLD_EVERY_MS = 60_000;
const LONGEST_SHAPE = 60;

/**
 * Makes the function that returns the visitor's address of a request: the first one from the right that no trusted proxy has, in canonical
 * form. If a trusted proxy wrote something that is no address, the function returns that text (`sourceOf` tells such texts apart) and says
 * so in the log, and also if a trusted proxy wrote nothing.
 * @param now milliseconds of a monotonic clock
 */
export function createClientAddress(
  trustProxy: TrustProxy,
  log: Log,
  now: () => number = () => performance.now(),
): (request: IncomingMessage) => string {
  const isTrusted = compileTrust(trustProxy);
  const toldAt = new Map<string, number>();
  const tell = (message: string, fields: Record<string, unknown>): void => {
    if (now() - (toldAt.get(message) ?? -Infinity) < TOLD_EVERY_MS) return;
    toldAt.set(message, now());
    log.warn(fields, message);
  };
  return ({ headers, socket }) => {
    const peer = socket.remoteAddress ?? '';
    if (!isTrusted(readAddress(peer), 0)) return canonical(peer);
    const forwarded = String(headers['x-forwarded-for'] ?? '').split(',');
    // The nearest hop comes first.
    const hops = [...forwarded.map((entry) => entry.trim()).filter((entry) => entry !== ''), peer].toReversed();
    if (hops.length === 1) tell('the trusted proxy sends no X-Forwarded-For: limits count all its visitors as one', {});
    const found = hops.find((hop, index) => !isTrusted(readAddress(hop), index)) ?? hops.at(-1) ?? peer;
    if (!readAddress(found)) tell('a trusted proxy writes to X-Forwarded-For what is no address', { shape: shapeOf(found) });
    return canonical(found);
  };
}

/** Returns whether the proxies include this hop; the connection's own address is hop 0. */
function compileTrust(trustProxy: TrustProxy): (address: Address | undefined, hop: number) => boolean {
  if (typeof trustProxy === 'number') return (_address, hop) => hop < trustProxy;
  const networks = trustProxy.map((network) => ipaddr.parseCIDR(network));
  return (address) =>
    address !== undefined && networks.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits));
}

/**
 * Reads an address as proxies write it: `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:443`. A v4-mapped IPv6
 * address is returned as IPv4. Node decides what an address is, because the library also accepts short, octal and hexadecimal IPv4
 * addresses, which no proxy sends.
 * @returns `undefined` if the text is no address
 */
export function readAddress(text: string): Address | undefined {
  const [, inBrackets, v4] = /^\[([^\]]*)\](?::\d{1,5})?$|^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/.exec(text) ?? [];
  const address = inBrackets ?? v4 ?? text;
  if (isIP(address) === 0 || (inBrackets !== undefined && isIP(address) !== 6)) return undefined;
  const [withoutZone = ''] = address.split('%');
  return ipaddr.process(withoutZone);
}

function canonical(text: string): string {
  return readAddress(text)?.toString() ?? text;
}

/** Shows how a text is made without showing the text, which may be somebody's address. */
function shapeOf(text: string): string {
  return text.slice(0, LONGEST_SHAPE).replace(/\d/g, '9').replace(/\p{L}/gu, 'a');
}
