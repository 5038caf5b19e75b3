// How often codes are mailed: so many an hour to one address and for one network, whatever they are for.
import type { Deps } from '../deps.ts';
import { createRateLimit, networkOf } from './rate-limit.ts';

const HOUR_SECONDS = 60 * 60;

/** Counts one mail with a code. @throws {PageError} `too_many_requests`, where the address or the network has asked too often */
export type CountCodeMail = (ip: string, canonicalEmail: string) => Promise<void>;

export function createCodeLimits({ config, storage, clock }: Pick<Deps, 'config' | 'storage' | 'clock'>): CountCodeMail {
  const { perAddressPerHour, perNetworkPerHour } = config.rateLimits.emailCode;
  const limit = (name: string, points: number) =>
    createRateLimit(name, { points, windowSeconds: HOUR_SECONDS }, storage.counters, clock);
  const perAddress = limit('code-address', perAddressPerHour);
  const perNetwork = limit('code-network', perNetworkPerHour);
  return async function countCodeMail(ip, canonicalEmail) {
    await perNetwork.count(networkOf(ip));
    await perAddress.count(canonicalEmail);
  };
}
