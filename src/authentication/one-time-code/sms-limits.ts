// Limits how many codes are sent by SMS, because each one costs money, and attackers earn from SMS to numbers of their own (SMS
// pumping). docs/limits.md derives the figures.
import type { Deps } from '../../deps.ts';
import type { SmsName, SmsNotice } from '../../domain/sms.ts';
import { PageError } from '../../http/page-error.ts';
import { countForAll, countOrTakeBack, createRateLimit, type PacedLimit, type RateLimit } from '../limits/rate-limit.ts';
import { createPlaceLimits, EVERYBODY } from './place-limits.ts';

const DAY_SECONDS = 24 * 60 * 60;
/** A network is quiet as long as it has fewer codes in an hour that nobody entered. */
const QUIET_NETWORK_ASKED = 5;
/** A place above its limit still gets one SMS in this many seconds. */
const PACE_SECONDS = 30;

const [PER_NUMBER_NAME, PER_ACCOUNT_NAME] = ['sms-number', 'sms-account'] as const;
/** The counters of SMS to a number, and for an account. */
export const smsToNumberKey = (phone: string): string => `${PER_NUMBER_NAME}:${phone}`;
export const smsOfAccountKey = (accountId: string): string => `${PER_ACCOUNT_NAME}:${accountId}`;

export type SmsLimits = {
  /**
   * Counts an SMS for the number, the account, the place and everybody, or for none of them if one refuses. It is counted before
   * it is queued, so that parallel requests cannot exceed the budget.
   * @returns a function that takes it back, for an SMS that was not queued
   * @throws {PageError} `too_many_requests` (429 with Retry-After) if a limit refuses
   */
  count(ip: string, accountId: string, phone: string): Promise<() => Promise<void>>;
  /**
   * Counts an SMS without a code, for everybody alone: a stranger can cause it, so it must not use up the codes of the owner.
   * @returns a function that takes it back; `undefined` if the budget is spent
   */
  countNotice(notice: SmsNotice): Promise<(() => Promise<void>) | undefined>;
  /** Takes a code back for the place after it was entered. The number, the account and the budget keep it. */
  proven(ip: string): Promise<void>;
};

/** Makes the limits. All processes share their counters. */
export function createSmsLimits({
  config,
  storage,
  clock,
  emit,
}: Pick<Deps, 'config' | 'storage' | 'clock' | 'emit'>): SmsLimits {
  const figures = config.rateLimits.smsCode;
  const perDay = (name: 'sms-number' | 'sms-account', points: number): PacedLimit =>
    strict(createRateLimit(name, { points, windowSeconds: DAY_SECONDS }, storage.counters, clock));
  const perNumber = perDay(PER_NUMBER_NAME, figures.perNumberPerDay);
  const perAccount = perDay(PER_ACCOUNT_NAME, figures.perAccountPerDay);
  const pace = { paceSeconds: PACE_SECONDS, quietNetworkAsked: QUIET_NETWORK_ASKED };
  const places = createPlaceLimits({ storage, clock }, 'sms', figures, pace);
  const [overall, overallForBusy] = [strict(places.overall), strict(places.overallForBusy)];

  const count = async (template: SmsName, limited: Parameters<typeof countForAll>[0]): Promise<() => Promise<void>> =>
    countForAll(limited).catch((error: unknown) => {
      if (error instanceof PageError) emit('sms', { template, outcome: 'refused' });
      throw error;
    });

  return {
    async count(ip, accountId, phone) {
      const isQuiet = await places.isQuiet(ip);
      return count('login-number-code', [
        [perAccount, accountId],
        [perNumber, phone],
        ...places.of(ip),
        [isQuiet ? overall : overallForBusy, EVERYBODY],
      ]);
    },
    async countNotice(notice) {
      return count(notice, [[overall, EVERYBODY]]).catch((error: unknown) => {
        if (!(error instanceof PageError)) throw error;
        return undefined;
      });
    },
    proven: places.proven,
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
