// Says to the hashing lane who asks, in the names that all limits count by.
import type { HashAsker } from './hashing-lane.ts';
import { networkOf, sourceOf } from '../../http/network.ts';

/** @param knownDevice the browser, where the account has signed in in it before; see `createKnownDevices` */
export function hashAsker(ip: string, subject: NonNullable<HashAsker['subject']>, knownDevice?: string): HashAsker {
  return { network: networkOf(ip), source: sourceOf(ip), subject, ...(knownDevice === undefined ? {} : { knownDevice }) };
}
