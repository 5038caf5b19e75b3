// Limits password attempts. After some failures an account gets growing pauses between attempts, but is never locked for good.
// The limits of addresses and networks are high enough for a carrier's shared address (docs/limits.md); beyond them a place is
// slowed down, not shut out.
import type { Deps } from '../../deps.ts';
import type { Account, EpochMilliseconds } from '../../domain/account.ts';
import type { CounterStore } from '../../storage/storage.ts';
import { PageError } from '../../http/page-error.ts';
import { networkOf, sourceOf } from '../../http/network.ts';
import { countForAll, createPacedLimit, type PacedLimit } from './rate-limit.ts';

/** How long failures are remembered, counted from the first. */
const FAILURES_KEPT_MS = 24 * 60 * 60 * 1000;
const FIRST_PAUSE_MS = 30_000;
/** A place above its limit still gets one attempt in this many seconds. */
const PACE_SECONDS = 2;

/** The number of failures, and the time until which they count (epoch milliseconds). */
type Failures = { failures: number; countedUntil: number };

export type LoginTry = {
  /**
   * Forgets the failures, because the password was right.
   * @param tell gets the number of earlier failures. It finishes before they are removed, so that nothing is lost if the process
   * dies.
   */
  succeeded(tell: (counted: Failures) => Promise<void>): Promise<void>;
  /** Takes the attempt back, because no password was compared. */
  takeBack(): Promise<void>;
};

export type LoginLimits = {
  /**
   * Counts an attempt as a failure before the password is compared, so that parallel attempts cannot exceed the limit.
   * @param account the account's id, or another key if the ID does not exist
   * @param knownDevice a browser in which this account has signed in before. It has its own counter and no limit by address, so
   * that an attacker's failures cannot lock the owner out (OWASP: device cookies).
   * @throws {PageError} `too_many_requests` (429 with Retry-After) if the account or the place has no attempts left
   */
  begin(account: string, knownDevice: string | undefined, ip: string): Promise<LoginTry>;
};

/** Counts a failure for an address and its network. @returns a function that takes it back */
export type PlaceLimit = (ip: string) => Promise<() => Promise<void>>;

/**
 * Makes the limit of places. All ways to sign in share its counters.
 * The limit throws a `PageError` `too_many_requests` (429 with Retry-After) if the place has no attempts left.
 */
export function createPlaceLimit({ config, storage, clock }: Pick<Deps, 'config' | 'storage' | 'clock'>): PlaceLimit {
  const { failuresPerAddress, failuresPerNetwork, windowSeconds } = config.rateLimits.login;
  const limit = (name: 'login-address' | 'login-network', points: number): PacedLimit =>
    createPacedLimit(name, { points, windowSeconds, paceSeconds: PACE_SECONDS }, storage.counters, clock);
  const perSource = limit('login-address', failuresPerAddress);
  const perNetwork = limit('login-network', failuresPerNetwork);
  return async (ip) =>
    countForAll([
      [perSource, sourceOf(ip)],
      [perNetwork, networkOf(ip)],
    ]);
}

/** Makes the limits. All processes share their counters. */
export function createLoginLimits(deps: Pick<Deps, 'config' | 'storage' | 'clock'>): LoginLimits {
  const { config, storage, clock } = deps;
  const { failuresPerAccount, windowSeconds } = config.rateLimits.login;
  const { counters } = storage;
  const countFromPlace = createPlaceLimit(deps);
  /** The number of failures without a pause. Each further one starts a pause. */
  const free = failuresPerAccount - 1;
  /** Doubles with each pause. At the longest, an account can be tried about 60 times a day (NIST SP 800-63B: at most 100). */
  const pauseAfter = (earlierPauses: number): number => Math.min(FIRST_PAUSE_MS * 2 ** earlierPauses, 2 * windowSeconds * 1000);

  const refuse = (pausedUntil: number): never => {
    throw new PageError('too_many_requests', {
      detail: 'limit login-account',
      limit: 'login-account',
      retryAfterSeconds: Math.max((pausedUntil - clock()) / 1000, 1),
    });
  };

  /** Counts the failed comparisons: those without a pause, and those that started one. */
  async function failuresOf(key: string): Promise<Failures & { pauses: number }> {
    const [tries, pauses] = await Promise.all([counters.get(triesKey(key)), counters.get(pausesKey(key))]);
    const countedUntil = (tries ?? pauses)?.expires_at ?? 0;
    const begun = pauses?.points ?? 0;
    return { failures: Math.min(tries?.points ?? 0, free) + begun, countedUntil, pauses: begun };
  }

  /**
   * Takes one of the free attempts, or else starts a pause. Of several parallel attempts one starts the pause, and the others are
   * refused. Refused attempts are not counted, so only failed comparisons lengthen the pauses.
   * @returns a function that gives the attempt back
   * @throws {PageError} `too_many_requests` if another attempt has just started a pause
   */
  async function take(key: string): Promise<() => Promise<unknown>> {
    const giveBackTry = async (): Promise<unknown> => counters.add(triesKey(key), -1, FAILURES_KEPT_MS);
    if ((await counters.add(triesKey(key), 1, FAILURES_KEPT_MS)).points <= free) return giveBackTry;
    await giveBackTry();
    const earlier = await counters.get(pausesKey(key));
    const pause = await counters.add(pauseKey(key), 1, pauseAfter(earlier?.points ?? 0));
    if (pause.points > 1) refuse(pause.expires_at);
    await counters.add(pausesKey(key), 1, FAILURES_KEPT_MS);
    return async () => Promise.all([counters.remove(pauseKey(key)), counters.add(pausesKey(key), -1, FAILURES_KEPT_MS)]);
  }

  return {
    async begin(account, knownDevice, ip) {
      const key = knownDevice === undefined ? account : `${account}:${knownDevice}`;
      const paused = await counters.get(pauseKey(key));
      if (paused) refuse(paused.expires_at);
      const giveBack = await take(key);
      // An attempt that the pause refused was not compared, so it does not count for the place.
      const giveBackPlace =
        knownDevice === undefined
          ? await countFromPlace(ip).catch(async (error: unknown) => {
              await giveBack();
              throw error;
            })
          : async () => undefined;
      return {
        async takeBack() {
          await giveBack();
          await giveBackPlace();
        },
        async succeeded(tell) {
          const { failures, countedUntil, pauses } = await failuresOf(key);
          // The count includes this attempt.
          const own = { failures: failures - 1, countedUntil };
          // Failures in unknown browsers.
          const elsewhere = knownDevice === undefined ? own : await failuresOf(account);
          const counted = elsewhere.failures > own.failures ? elsewhere : own;
          await tell(counted);
          await Promise.all([
            ...[triesKey, ...(pauses > 0 ? [pausesKey, pauseKey] : [])].map(async (keyOf) => counters.remove(keyOf(key))),
            giveBackPlace(),
          ]);
        },
      };
    },
  };
}

/** Returns the name under which the failures of an account are counted, in any browser. Once an operator has lifted the limits it is another one. */
export function countedAs({ id, limits_lifted_at: liftedAt }: Pick<Account, 'id' | 'limits_lifted_at'>): string {
  return liftedAt === undefined ? id : `${id}:${liftedAt}`;
}

/** Returns the name under which wrong codes of the second factor are counted. */
export function secondFactorCountedAs(accountId: string): string {
  return `second-factor:${accountId}`;
}

/** Returns the failures that count for a name, and the end of its pause, if there is one. Browsers in which the account is known count for themselves. */
export async function readFailures(
  { get }: CounterStore,
  name: string,
): Promise<{ failures: number; until: EpochMilliseconds; pausedUntil: EpochMilliseconds | undefined }> {
  const [tries, pauses, pause] = await Promise.all([triesKey, pausesKey, pauseKey].map(async (keyOf) => get(keyOf(name))));
  const failures = (tries?.points ?? 0) + (pauses?.points ?? 0);
  return { failures, until: (tries ?? pauses)?.expires_at ?? 0, pausedUntil: pause?.expires_at };
}

/** Forgets the failures of a name. */
export async function forgetFailures({ remove }: CounterStore, name: string): Promise<void> {
  await Promise.all([triesKey, pausesKey, pauseKey].map(async (keyOf) => remove(keyOf(name))));
}

const triesKey = (key: string): string => `login-tries:${key}`;
const pausesKey = (key: string): string => `login-pauses:${key}`;
/** This counter exists while a pause lasts. */
const pauseKey = (key: string): string => `login-pause:${key}`;
