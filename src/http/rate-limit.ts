// Rate limits that all processes share and that survive a restart: rate-limiter-flexible over our counters.
import { isIPv4, isIPv6 } from 'node:net';
import { RateLimiterRes, RateLimiterStoreAbstract } from 'rate-limiter-flexible';
import type { CounterStore } from '../storage/storage.ts';
import { PageError } from './page-error.ts';

type Counter = { points: number; expires_at: number };

class CounterLimiter extends RateLimiterStoreAbstract {
  readonly #counters: CounterStore;
  readonly #clock: () => number;

  constructor(name: string, limit: Limit, counters: CounterStore, clock: () => number) {
    super({
      storeClient: counters,
      keyPrefix: name,
      points: limit.points,
      duration: limit.windowSeconds,
      inMemoryBlockOnConsumed: 0,
    });
    this.#counters = counters;
    this.#clock = clock;
  }

  async _upsert(key: string, points: number, durationMs: number, forceExpire: boolean): Promise<Counter> {
    if (forceExpire) await this.#counters.remove(key);
    return this.#counters.add(key, points, durationMs);
  }

  async _get(key: string): Promise<Counter | null> {
    return (await this.#counters.get(key)) ?? null;
  }

  async _delete(key: string): Promise<boolean> {
    await this.#counters.remove(key);
    return true;
  }

  _getRateLimiterRes(_key: string, changed: number, counter: Counter): RateLimiterRes {
    const left = Math.max(this.points - counter.points, 0);
    return new RateLimiterRes(left, Math.max(counter.expires_at - this.#clock(), 0), counter.points, counter.points === changed);
  }
}

export type Limit = { points: number; windowSeconds: number };

export type RateLimit = {
  /** Counts one. @throws {PageError} `too_many_requests`, 429 with Retry-After, where it is one too many. */
  count(key: string): Promise<void>;
  /** Does not count. @throws {PageError} `too_many_requests`, where no more are left. */
  check(key: string): Promise<void>;
  /** Forgets what was counted. */
  forget(key: string): Promise<void>;
};

/** Makes a limit; `name` keeps its counters apart from others'. */
export function createRateLimit(name: string, limit: Limit, counters: CounterStore, clock: () => number): RateLimit {
  const limiter = new CounterLimiter(name, limit, counters, clock);
  const tooMany = (waitMs: number): PageError =>
    new PageError('too_many_requests', 429, { detail: `limit ${name}`, retryAfterSeconds: waitMs / 1000 });
  return {
    async count(key) {
      try {
        await limiter.consume(key);
      } catch (refused) {
        if (refused instanceof RateLimiterRes) throw tooMany(refused.msBeforeNext);
        throw refused;
      }
    },
    async check(key) {
      const state = await limiter.get(key);
      if (state && state.consumedPoints >= limit.points) throw tooMany(state.msBeforeNext);
    },
    async forget(key) {
      await limiter.delete(key);
    },
  };
}

/**
 * The network that an address belongs to, as a key: /24 of IPv4 (also in its v4-mapped form), /64 of IPv6 in one spelling. Whoever
 * holds one address usually holds its neighbours.
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  if (isIPv4(mapped)) return `${mapped.split('.').slice(0, 3).join('.')}.0/24`;
  if (!isIPv6(mapped)) return 'unknown';
  // The URL parser writes an address in its one canonical form.
  const [head = '', tail = ''] = new URL(`http://[${mapped.split('%')[0]}]`).hostname.slice(1, -1).split('::');
  const groups = head.split(':').filter(Boolean);
  const end = tail.split(':').filter(Boolean);
  const full = [...groups, ...Array<string>(Math.max(8 - groups.length - end.length, 0)).fill('0'), ...end];
  return `${full.slice(0, 4).join(':')}::/64`;
}
