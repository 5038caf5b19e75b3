// Rate limits that all processes share and that survive a restart, over the atomic counters of the storage port.
import type { CounterStore } from '../../storage/storage.ts';
import { PageError } from '../../http/page-error.ts';

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
    throw new PageError('too_many_requests', {
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

/** A limit that slows down in place of shutting out: beyond it, one passes in each `paceSeconds`. */
export type PacedLimit = {
  /** Counts one. @returns what takes it back. @throws {PageError} `too_many_requests`, 429 with Retry-After */
  count(key: string): Promise<() => Promise<void>>;
};

export function createPacedLimit(
  name: string,
  limit: Limit & { paceSeconds: number },
  counters: CounterStore,
  clock: () => number,
): PacedLimit {
  const counted = createRateLimit(name, limit, counters, clock);
  const pace = createRateLimit(`${name}-pace`, { points: 1, windowSeconds: limit.paceSeconds }, counters, clock);
  return {
    async count(key) {
      try {
        await counted.count(key);
        return async () => counted.takeBack(key);
      } catch (error) {
        if (!(error instanceof PageError)) throw error;
        await counted.takeBack(key);
        await pace.count(key);
        return async () => undefined;
      }
    },
  };
}

/** Counts for several places, or for none. @returns what takes it back */
export async function countForAll(places: readonly [PacedLimit, key: string][]): Promise<() => Promise<void>> {
  const counted: (() => Promise<void>)[] = [];
  const takeBack = async (): Promise<void> => void (await Promise.all(counted.map(async (undo) => undo())));
  try {
    for (const [limit, key] of places) counted.push(await limit.count(key));
    return takeBack;
  } catch (error) {
    await takeBack();
    throw error;
  }
}
