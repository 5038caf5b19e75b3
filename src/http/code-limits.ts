// How often codes are mailed: so many an hour to one address, for one network, and altogether, and one only some time after another;
// whatever they are for.
import type { Deps } from '../deps.ts';
import { createRateLimit, networkOf } from './rate-limit.ts';

const HOUR_SECONDS = 60 * 60;

/** How many seconds it still takes until another code may be asked for in place of the one that was sent at `sentAt`. */
export function secondsToNextCode({ config, clock }: Pick<Deps, 'config' | 'clock'>, sentAt: number): number {
  const from = sentAt + config.rateLimits.emailCode.resendAfterSeconds * 1000;
  return Math.max(0, Math.ceil((from - clock()) / 1000));
}

/** Counts one mail with a code. @throws {PageError} `too_many_requests`, where the address, the network or everybody has asked too often */
export type CountCodeMail = (ip: string, canonicalEmail: string) => Promise<void>;

export function createCodeLimits({ config, storage, clock }: Pick<Deps, 'config' | 'storage' | 'clock'>): CountCodeMail {
  const { perAddressPerHour, perNetworkPerHour, overallPerHour } = config.rateLimits.emailCode;
  const limit = (name: string, points: number) =>
    createRateLimit(name, { points, windowSeconds: HOUR_SECONDS }, storage.counters, clock);
  const perAddress = limit('code-address', perAddressPerHour);
  const perNetwork = limit('code-network', perNetworkPerHour);
  // Whoever has many networks and many addresses meets this one: mail servers block a sender that floods.
  const overall = limit('code-overall', overallPerHour);
  return async function countCodeMail(ip, canonicalEmail) {
    await perNetwork.count(networkOf(ip));
    await perAddress.count(canonicalEmail);
    await overall.count('all');
  };
}
