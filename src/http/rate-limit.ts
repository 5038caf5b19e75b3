// Rate limits that all processes share and that survive a restart, over the atomic counters of the storage port.
import type { CounterStore } from '../storage/storage.ts';
import { PageError } from './page-error.ts';

export type Limit = { points: number; windowSeconds: number };

export type RateLimit = {
  /** Counts one. @throws {PageError} `too_many_requests`, 429 with Retry-After, where it is one too many. */
  count(key: string): Promise<void>;
  /** Does not count. @throws {PageError} `too_many_requests`, where no more are left. */
  check(key: string): Promise<void>;
  /** Counts one that has happened, also where it is one too many. */
  note(key: string): Promise<void>;
  /** Counts one less: what was counted turned out to be right. */
  takeBack(key: string): Promise<void>;
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
    async note(key) {
      await counters.add(`${name}:${key}`, 1, limit.windowSeconds * 1000);
    },
    async takeBack(key) {
      await counters.add(`${name}:${key}`, -1, limit.windowSeconds * 1000);
    },
  };
}
