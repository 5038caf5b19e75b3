// Limits wrong codes of devices (RFC 8628, section 5.1), and how often a device may ask whether its code was confirmed (section 3.5).
import type { Deps } from '../../deps.ts';
import { networkOf, sourceOf } from '../../http/network.ts';
import { PageError } from '../../http/page-error.ts';
import { countForAll, createPacedLimit, createRateLimit } from './rate-limit.ts';

/** A browser above its limit still gets one attempt in this many seconds, and a place one in two. */
const BROWSER_PACE_SECONDS = 10;
const PLACE_PACE_SECONDS = 2;
/** Polls that are a little early are accepted: requests take different times on their way. */
const EARLY_SECONDS = 1;

type LimitDeps = Pick<Deps, 'config' | 'storage' | 'clock'>;

export type UserCodeLimits = {
  /**
   * Counts an attempt as wrong before the code is looked up, so that parallel attempts cannot exceed the limit.
   * @returns a function that takes it back, because the code was right
   * @throws {PageError} `too_many_requests` (429 with Retry-After) if the browser or the place has to wait
   */
  begin(browserId: string, ip: string): Promise<() => Promise<void>>;
};

/** Makes the limits of codes that people type. All processes share their counters. */
export function createUserCodeLimits({ config, storage: { counters }, clock }: LimitDeps): UserCodeLimits {
  const { wrongPerBrowser, wrongPerAddress, wrongPerNetwork, windowSeconds } = config.rateLimits.deviceCode;
  const limit = (name: 'browser' | 'address' | 'network', points: number, paceSeconds: number) =>
    createPacedLimit(`user-code-${name}`, { points, windowSeconds, paceSeconds }, counters, clock);
  const perBrowser = limit('browser', wrongPerBrowser, BROWSER_PACE_SECONDS);
  const perAddress = limit('address', wrongPerAddress, PLACE_PACE_SECONDS);
  const perNetwork = limit('network', wrongPerNetwork, PLACE_PACE_SECONDS);
  return {
    begin: async (browserId, ip) =>
      countForAll([
        [perBrowser, browserId],
        [perAddress, sourceOf(ip)],
        [perNetwork, networkOf(ip)],
      ]),
  };
}

/**
 * Makes the function that counts a poll of a device. All processes share the count.
 * @returns whether the device polls too fast, and should get `slow_down`
 */
export function createPollPace({ config, storage: { counters }, clock }: LimitDeps): (deviceCode: string) => Promise<boolean> {
  const windowSeconds = config.rateLimits.deviceCode.pollAfterSeconds - EARLY_SECONDS;
  const limit = createRateLimit('device-poll', { points: 1, windowSeconds }, counters, clock);
  return async function pollsTooFast(deviceCode) {
    try {
      await limit.count(deviceCode);
      return false;
    } catch (error) {
      if (error instanceof PageError) return true;
      throw error;
    }
  };
}
