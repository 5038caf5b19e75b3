// How often a password may be tried. After some failures the pauses between the tries at an account grow, never for good. The places that
// tries come from have figures that a carrier survives (docs/limits.md); beyond them a place is slowed down, not shut out.
import type { Deps } from '../../deps.ts';
import { PageError } from '../../http/page-error.ts';
import { networkOf, sourceOf } from '../../http/network.ts';
import { countForAll, createPacedLimit, type PacedLimit } from './rate-limit.ts';

/** Failures are forgotten so long after the first. */
const FAILURES_KEPT_MS = 24 * 60 * 60 * 1000;
const FIRST_PAUSE_MS = 30_000;
/** A place above its limit still gets one attempt in this many seconds. */
const PACE_SECONDS = 2;

/** How many, and until when they count. */
type Failures = { failures: number; countedUntil: number };

export type LoginTry = {
  /**
   * The password was right: failures are forgotten.
   * @param tell gets how many there were before, and is done before they are forgotten, so that a process that dies loses nothing
   */
  succeeded(tell: (counted: Failures) => Promise<void>): Promise<void>;
  /** Nothing was compared. */
  takeBack(): Promise<void>;
};

export type LoginLimits = {
  /**
   * Counts a try as a failure before the password is compared, so that parallel ones cannot all slip in front of the counting.
   * @param account the account's id, or whatever stands for an ID that does not exist
   * @param knownDevice a browser in which this account has signed in before; it has a count of its own, and its place does not matter, so
   * that nobody who fails on purpose can keep the owner out (OWASP: device cookies)
   * @throws {PageError} `too_many_requests`, 429 with Retry-After
   */
  begin(account: string, knownDevice: string | undefined, ip: string): Promise<LoginTry>;
};

export function createLoginLimits({ config, storage, clock }: Pick<Deps, 'config' | 'storage' | 'clock'>): LoginLimits {
  const { failuresPerAccount, failuresPerAddress, failuresPerNetwork, windowSeconds } = config.rateLimits.login;
  const { counters } = storage;
  const limit = (name: string, points: number): PacedLimit =>
    createPacedLimit(name, { points, windowSeconds, paceSeconds: PACE_SECONDS }, counters, clock);
  const perSource = limit('login-address', failuresPerAddress);
  const perNetwork = limit('login-network', failuresPerNetwork);
  /** So many fail without a pause; each one after them begins a pause. */
  const free = failuresPerAccount - 1;
  /** Doubles with each one. With the longest, an account is tried about 60 times a day (NIST SP 800-63B: at most 100). */
  const pauseAfter = (earlierPauses: number): number => Math.min(FIRST_PAUSE_MS * 2 ** earlierPauses, 2 * windowSeconds * 1000);

  const refuse = (pausedUntil: number): never => {
    throw new PageError('too_many_requests', {
      detail: 'limit login-account',
      retryAfterSeconds: Math.max((pausedUntil - clock()) / 1000, 1),
    });
  };

  /** What was compared and failed: those without a pause, and those that each began one. */
  async function failuresOf(key: string): Promise<Failures & { pauses: number }> {
    const [tries, pauses] = await Promise.all([counters.get(triesKey(key)), counters.get(pausesKey(key))]);
    const countedUntil = (tries ?? pauses)?.expires_at ?? 0;
    const begun = pauses?.points ?? 0;
    return { failures: Math.min(tries?.points ?? 0, free) + begun, countedUntil, pauses: begun };
  }

  /**
   * Takes one of the free tries, or else begins a pause: of several at once, one does, and the others are refused. Those leave no count
   * behind, neither of tries nor of pauses; what is compared decides alone how long the pauses are.
   * @returns what gives it back
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

  const countFromPlace = async (ip: string): Promise<() => Promise<void>> =>
    countForAll([
      [perSource, sourceOf(ip)],
      [perNetwork, networkOf(ip)],
    ]);

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
          // This one is among them.
          const own = { failures: failures - 1, countedUntil };
          // Failures in browsers that the account has never been used in.
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

const triesKey = (key: string): string => `login-tries:${key}`;
const pausesKey = (key: string): string => `login-pauses:${key}`;
/** There while a pause lasts. */
const pauseKey = (key: string): string => `login-pause:${key}`;
