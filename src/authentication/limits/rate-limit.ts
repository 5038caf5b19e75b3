// Rate limits on the storage port's atomic counters. All processes share them, and they survive a restart.
import type { CounterStore } from '../../storage/storage.ts';
import { PageError } from '../../http/page-error.ts';
import type { LimitName } from '../../telemetry/events.ts';

export type Limit = { points: number; windowSeconds: number };

export type RateLimit = {
  /** Counts one. @throws {PageError} `too_many_requests` (429 with Retry-After) if that exceeds the limit */
  count(key: string): Promise<void>;
  /** Checks the limit without counting. @throws {PageError} `too_many_requests` if the limit is used up */
  check(key: string): Promise<void>;
  /** Counts one without refusing it, even above the limit. */
  note(key: string): Promise<void>;
  /** Takes one back, because it turned out to be legitimate. */
  takeBack(key: string): Promise<void>;
};

/**
 * Makes a limit. A window starts with the first count and ends after `windowSeconds`.
 * @param prefix of its counter keys; the name by default
 */
export function createRateLimit(
  name: LimitName,
  limit: Limit,
  counters: CounterStore,
  clock: () => number,
  prefix: string = name,
): RateLimit {
  const refuseOver = (counted: { points: number; expires_at: number } | undefined, most: number): void => {
    if (!counted || counted.points <= most) return;
    throw new PageError('too_many_requests', {
      detail: `limit ${prefix}`,
      limit: name,
      retryAfterSeconds: Math.max((counted.expires_at - clock()) / 1000, 1),
    });
  };
  return {
    count: async (key) => refuseOver(await counters.add(`${prefix}:${key}`, 1, limit.windowSeconds * 1000), limit.points),
    check: async (key) => refuseOver(await counters.get(`${prefix}:${key}`), limit.points - 1),
    async note(key) {
      await counters.add(`${prefix}:${key}`, 1, limit.windowSeconds * 1000);
    },
    async takeBack(key) {
      await counters.add(`${prefix}:${key}`, -1, limit.windowSeconds * 1000);
    },
  };
}

/** A limit that slows down instead of shutting out: above it, one request passes every `paceSeconds`. */
export type PacedLimit = {
  /**
   * Counts one.
   * @returns a function that takes it back
   * @throws {PageError} `too_many_requests` (429 with Retry-After) if it must wait
   */
  count(key: string): Promise<() => Promise<void>>;
};

/** Makes a paced limit. `name` is the prefix of its counter keys. */
export function createPacedLimit(
  name: LimitName,
  limit: Limit & { paceSeconds: number },
  counters: CounterStore,
  clock: () => number,
): PacedLimit {
  const counted = createRateLimit(name, limit, counters, clock);
  const pace = createRateLimit(name, { points: 1, windowSeconds: limit.paceSeconds }, counters, clock, `${name}-pace`);
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

/**
 * Counts one in each limit, or in none if one of them refuses.
 * @returns a function that takes all of them back
 * @throws {PageError} `too_many_requests` if a limit refuses
 */
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

/** Counts one, and takes it back if it is refused. */
export async function countOrTakeBack(limit: RateLimit, key: string): Promise<void> {
  await limit.count(key).catch(async (error: unknown) => {
    if (error instanceof PageError) await limit.takeBack(key);
    throw error;
  });
}

/** Returns the refusal of a limit; `undefined` if it does not refuse. */
export async function refusalOf(check: Promise<void>): Promise<PageError | undefined> {
  try {
    await check;
    return undefined;
  } catch (error) {
    if (error instanceof PageError) return error;
    throw error;
  }
}
