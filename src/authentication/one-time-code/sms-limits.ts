// Limits how many codes are sent by SMS, because each one costs money, and attackers earn from SMS to numbers of their own (SMS
// pumping). docs/limits.md derives the figures.
import type { Deps } from '../../deps.ts';
import { networkOf, sourceOf } from '../../http/network.ts';
import { PageError } from '../../http/page-error.ts';
import {
  countForAll,
  countOrTakeBack,
  createPacedLimit,
  createRateLimit,
  refusalOf,
  type PacedLimit,
  type RateLimit,
} from '../limits/rate-limit.ts';

const HOUR_SECONDS = 60 * 60;
const DAY_SECONDS = 24 * HOUR_SECONDS;
/** One counter for all numbers. */
const EVERYBODY = 'all';
/** A network is quiet as long as it has fewer codes in an hour that nobody entered. */
const QUIET_NETWORK_ASKED = 5;
/** A place above its limit still gets one SMS in this many seconds. */
const PACE_SECONDS = 30;

export type SmsLimits = {
  /**
   * Counts an SMS for the number, the account, the place and everybody, or for none of them if one refuses. It is counted before
   * it is queued, so that parallel requests cannot exceed the budget.
   * @returns a function that takes it back, for an SMS that was not queued
   * @throws {PageError} `too_many_requests` (429 with Retry-After) if a limit refuses
   */
  count(ip: string, accountId: string, phone: string): Promise<() => Promise<void>>;
  /** Takes a code back for the place after it was entered. The number, the account and the budget keep it. */
  proven(ip: string): Promise<void>;
};

/** Makes the limits. All processes share their counters. */
export function createSmsLimits({
  config,
  storage,
  clock,
  metrics,
}: Pick<Deps, 'config' | 'storage' | 'clock' | 'metrics'>): SmsLimits {
  const figures = config.rateLimits.smsCode;
  const limit = (name: string, points: number, windowSeconds = HOUR_SECONDS): RateLimit =>
    createRateLimit(name, { points, windowSeconds }, storage.counters, clock);
  const paced = (name: string, points: number): PacedLimit =>
    createPacedLimit(name, { points, windowSeconds: HOUR_SECONDS, paceSeconds: PACE_SECONDS }, storage.counters, clock);
  const perNumber = strict(limit('sms-number', figures.perNumberPerDay, DAY_SECONDS));
  const perAccount = strict(limit('sms-account', figures.perAccountPerDay, DAY_SECONDS));
  const perSource = paced('sms-address', figures.unprovenPerAddressPerHour);
  const perNetwork = paced('sms-network', figures.unprovenPerNetworkPerHour);
  const [addressCount, networkCount] = [limit('sms-address', 1), limit('sms-network', QUIET_NETWORK_ASKED)];
  const overall = strict(limit('sms-overall', figures.overallPerHour));
  const forBusy = Math.ceil((figures.overallPerHour * (100 - figures.quietSharePercent)) / 100);
  const overallForBusy = strict(limit('sms-overall', forBusy));

  return {
    async count(ip, accountId, phone) {
      const [source, network] = [sourceOf(ip), networkOf(ip)];
      const isQuiet = (await refusalOf(networkCount.check(network))) === undefined;
      return countForAll([
        [perAccount, accountId],
        [perNumber, phone],
        [perSource, source],
        [perNetwork, network],
        [isQuiet ? overall : overallForBusy, EVERYBODY],
      ]).catch((error: unknown) => {
        if (error instanceof PageError) metrics.countSms('refused');
        throw error;
      });
    },
    async proven(ip) {
      await Promise.all([addressCount.takeBack(sourceOf(ip)), networkCount.takeBack(networkOf(ip))]);
    },
  };
}

/** A limit that refuses everything above it. */
function strict(limit: RateLimit): PacedLimit {
  return {
    async count(key) {
      await countOrTakeBack(limit, key);
      return async () => limit.takeBack(key);
    },
  };
}
