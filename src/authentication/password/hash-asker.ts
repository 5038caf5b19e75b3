// Describes the requester of a hash to the hashing lane, with the same keys that all limits use.
import type { HashAsker } from './hashing-lane.ts';
import { networkOf, sourceOf } from '../../http/network.ts';

/** Makes the description. @param knownDevice the browser, if the account has signed in there before; see `createKnownDevices` */
export function hashAsker(ip: string, subject: NonNullable<HashAsker['subject']>, knownDevice?: string): HashAsker {
  return { network: networkOf(ip), source: sourceOf(ip), subject, ...(knownDevice === undefined ? {} : { knownDevice }) };
}
