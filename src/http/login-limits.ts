// How often a password may be tried: after some failures the pauses between tries grow, for each account and each network; never for good.
import type { Deps } from '../deps.ts';
import type { CounterStore } from '../storage/storage.ts';
import { PageError } from './page-error.ts';
import { createRateLimit, networkOf } from './rate-limit.ts';

/** Failures are forgotten so long after the first. */
const FAILURES_KEPT_MS = 24 * 60 * 60 * 1000;
const FIRST_PAUSE_MS = 30_000;

export type LoginTry = {
  /** The password was right: failures are forgotten. Answers how many there were before, and until when they would have counted. */
  succeeded(): Promise<{ failures: number; countedUntil: number }>;
  /** Nothing was compared. */
  takeBack(): Promise<void>;
};

export type LoginLimits = {
  /**
   * Counts a try as a failure before the password is compared, so that parallel ones cannot all slip in front of the counting.
   * @param account the account's id, or whatever stands for an ID that does not exist
   * @param knownDevice a browser in which this account has signed in before; it has a count of its own, so that nobody who fails on
   * purpose can keep the owner out (OWASP: device cookies)
   * @throws {PageError} `too_many_requests`, 429 with Retry-After
   */
  begin(account: string, knownDevice: string | undefined, ip: string): Promise<LoginTry>;
};

export function createLoginLimits({ config, storage, clock }: Pick<Deps, 'config' | 'storage' | 'clock'>): LoginLimits {
  const { failuresPerAccount, failuresPerNetwork, windowSeconds } = config.rateLimits.login;
  const { counters } = storage;
  const perNetwork = createRateLimit('login-network', { points: failuresPerNetwork, windowSeconds }, counters, clock);
  /** Doubles with each further failure. With the longest, an account is tried about 60 times a day (NIST SP 800-63B: at most 100). */
  const pauseAfter = (failures: number): number =>
    Math.min(FIRST_PAUSE_MS * 2 ** (failures - failuresPerAccount), 2 * windowSeconds * 1000);

  const refuse = (pausedUntil: number): never => {
    throw new PageError('too_many_requests', 429, {
      detail: 'limit login-account',
      retryAfterSeconds: Math.max((pausedUntil - clock()) / 1000, 1),
    });
  };

  return {
    async begin(account, knownDevice, ip) {
      const key = knownDevice === undefined ? account : `${account}:${knownDevice}`;
      const [failureKey, pauseKey, network] = [`login-failures:${key}`, `login-pause:${key}`, networkOf(ip)];
      await perNetwork.check(network);
      const paused = await counters.get(pauseKey);
      if (paused) refuse(paused.expires_at);
      const counted = await counters.add(failureKey, 1, FAILURES_KEPT_MS);
      const last = counted.points >= failuresPerAccount;
      if (last) {
        // One try a pause: of several at once, whoever begins the pause.
        const pause = await counters.add(pauseKey, 1, pauseAfter(counted.points));
        if (pause.points > 1) refuse(pause.expires_at);
      }
      const takeBack = async (): Promise<void> => {
        await counters.add(failureKey, -1, FAILURES_KEPT_MS);
        if (last) await counters.remove(pauseKey);
        await perNetwork.takeBack(network);
      };
      await perNetwork.count(network).catch(async (error: unknown) => {
        await takeBack();
        throw error;
      });
      return {
        takeBack,
        async succeeded() {
          await Promise.all([counters.remove(failureKey), counters.remove(pauseKey), perNetwork.takeBack(network)]);
          const own = { failures: counted.points - 1, countedUntil: counted.expires_at };
          const others = knownDevice === undefined ? undefined : await failuresElsewhere(counters, account);
          return others && others.failures > own.failures ? others : own;
        },
      };
    },
  };
}

/** Failures in browsers that the account has never been used in. */
async function failuresElsewhere(
  counters: CounterStore,
  account: string,
): Promise<{ failures: number; countedUntil: number } | undefined> {
  const counted = await counters.get(`login-failures:${account}`);
  return counted && { failures: counted.points, countedUntil: counted.expires_at };
}
