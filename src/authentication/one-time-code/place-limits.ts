// Limits the codes that come from one place, and those of everybody, in an hour. It is the same for mails and SMS, with other figures.
import type { Deps } from '../../deps.ts';
import { networkOf, sourceOf } from '../../http/network.ts';
import { createPacedLimit, createRateLimit, refusalOf, type PacedLimit, type RateLimit } from '../limits/rate-limit.ts';

const HOUR_SECONDS = 60 * 60;
/** One counter for everybody. */
export const EVERYBODY = 'all';

export type PlaceFigures = {
  unprovenPerAddressPerHour: number;
  unprovenPerNetworkPerHour: number;
  overallPerHour: number;
  /** The share of the overall limit that is kept for quiet networks. */
  quietSharePercent: number;
};

export type PlaceLimits = {
  /** Whether few codes of the network of an IP address were not entered. It may use the whole overall limit. */
  isQuiet(ip: string): Promise<boolean>;
  /** Returns the limits of an IP address and its network, each with its key; `countForAll` counts for them. */
  of(ip: string): [PacedLimit, key: string][];
  /** Takes a code back for the place after it was entered. */
  proven(ip: string): Promise<void>;
  /** The limit of everybody, and the part of it for networks that are not quiet. Their key is `EVERYBODY`. */
  overall: RateLimit;
  overallForBusy: RateLimit;
};

/**
 * Makes the limits. All processes share their counters.
 * @param name the first part of the counters' names
 * @param paceSeconds a place above its limit still gets one code in this many seconds
 * @param quietNetworkAsked a network is quiet as long as it has fewer codes in an hour that nobody entered
 */
export function createPlaceLimits(
  { storage: { counters }, clock }: Pick<Deps, 'storage' | 'clock'>,
  name: 'code' | 'sms',
  figures: PlaceFigures,
  { paceSeconds, quietNetworkAsked }: { paceSeconds: number; quietNetworkAsked: number },
): PlaceLimits {
  const limit = (of: 'address' | 'network' | 'overall', points: number): RateLimit =>
    createRateLimit(`${name}-${of}`, { points, windowSeconds: HOUR_SECONDS }, counters, clock);
  const paced = (of: 'address' | 'network', points: number): PacedLimit =>
    createPacedLimit(`${name}-${of}`, { points, windowSeconds: HOUR_SECONDS, paceSeconds }, counters, clock);
  const perSource = paced('address', figures.unprovenPerAddressPerHour);
  const perNetwork = paced('network', figures.unprovenPerNetworkPerHour);
  const [addressCount, networkCount] = [limit('address', 1), limit('network', quietNetworkAsked)];
  const forBusy = Math.ceil((figures.overallPerHour * (100 - figures.quietSharePercent)) / 100);

  return {
    isQuiet: async (ip) => (await refusalOf(networkCount.check(networkOf(ip)))) === undefined,
    of: (ip) => [
      [perSource, sourceOf(ip)],
      [perNetwork, networkOf(ip)],
    ],
    async proven(ip) {
      await Promise.all([addressCount.takeBack(sourceOf(ip)), networkCount.takeBack(networkOf(ip))]);
    },
    overall: limit('overall', figures.overallPerHour),
    overallForBusy: limit('overall', forBusy),
  };
}
