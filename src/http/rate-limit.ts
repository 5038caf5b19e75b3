// Rate limits that all processes share and that survive a restart, over the atomic counters of the storage port.
import { isIPv4, isIPv6 } from 'node:net';
import type { CounterStore } from '../storage/storage.ts';
import { PageError } from './page-error.ts';

export type Limit = { points: number; windowSeconds: number };

export type RateLimit = {
  /** Counts one. @throws {PageError} `too_many_requests`, 429 with Retry-After, where it is one too many. */
  count(key: string): Promise<void>;
  /** Does not count. @throws {PageError} `too_many_requests`, where no more are left. */
  check(key: string): Promise<void>;
  /** Counts one less: what was counted turned out to be right. */
  takeBack(key: string): Promise<void>;
  /** Forgets what was counted. */
  forget(key: string): Promise<void>;
};

/** Makes a limit; `name` keeps its counters apart from others'. A window begins with the first that is counted, and ends by itself. */
export function createRateLimit(name: string, limit: Limit, counters: CounterStore, clock: () => number): RateLimit {
  const refuseOver = (counted: { points: number; expires_at: number } | undefined, most: number): void => {
    if (!counted || counted.points <= most) return;
    throw new PageError('too_many_requests', 429, {
      detail: `limit ${name}`,
      retryAfterSeconds: Math.max((counted.expires_at - clock()) / 1000, 1),
    });
  };
  return {
    count: async (key) => refuseOver(await counters.add(`${name}:${key}`, 1, limit.windowSeconds * 1000), limit.points),
    check: async (key) => refuseOver(await counters.get(`${name}:${key}`), limit.points - 1),
    async takeBack(key) {
      await counters.add(`${name}:${key}`, -1, limit.windowSeconds * 1000);
    },
    forget: async (key) => counters.remove(`${name}:${key}`),
  };
}

/**
 * The network that an address belongs to, as a key: /24 of IPv4 (also in its v4-mapped form), /64 of IPv6 in one spelling. Whoever
 * holds one address usually holds its neighbours.
 */
export function networkOf(address: string): string {
  if (isIPv4(address)) return networkOfIPv4(address);
  const bare = address.split('%')[0] ?? '';
  if (!isIPv6(bare)) return 'unknown';
  // The URL parser writes an address in its one canonical form, and a v4-mapped one always in hexadecimal.
  const [head = '', tail = ''] = new URL(`http://[${bare}]`).hostname.slice(1, -1).split('::');
  const groups = head.split(':').filter(Boolean);
  const end = tail.split(':').filter(Boolean);
  const full = [...groups, ...Array<string>(Math.max(8 - groups.length - end.length, 0)).fill('0'), ...end];
  if (full.slice(0, 6).join(':') === '0:0:0:0:0:ffff') {
    const bytes = full.slice(6).flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]);
    return networkOfIPv4(bytes.join('.'));
  }
  return `${full.slice(0, 4).join(':')}::/64`;
}

function networkOfIPv4(address: string): string {
  return `${address.split('.').slice(0, 3).join('.')}.0/24`;
}
