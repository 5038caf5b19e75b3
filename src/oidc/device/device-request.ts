// What a page shows of a device's request: its code, and the time and place that it came from.
import type Provider from 'oidc-provider';
import { readAddress } from '../../http/client-address.ts';
import { sourceOf } from '../../http/network.ts';
import { showUserCode } from '../../domain/user-code.ts';
import { findDeviceCode } from './device-codes.ts';

/**
 * Where a device's request came from: this machine (a simulation), the person's own connection, a private network (a proxy that is not
 * configured), or anywhere else.
 */
export type Place = 'this_machine' | 'same_connection' | 'private_network' | 'elsewhere';

export type DeviceRequest = {
  userCode: string;
  /** Epoch milliseconds. */
  requestedAt: number;
  address: string;
  place: Place;
};

/** @param id the device code of the interaction; @param ip the address of the browser that shows the page */
export async function readDeviceRequest(
  provider: Provider,
  id: string | undefined,
  ip: string,
): Promise<DeviceRequest | undefined> {
  const code = id === undefined ? undefined : await findDeviceCode(provider, id);
  if (!code) return undefined;
  const { address = '' } = code.deviceInfo;
  return { userCode: showUserCode(code.userCode), requestedAt: code.iat * 1000, address, place: placeOf(address, ip) };
}

/** Names the place by its address alone. A header of the request could say anything. */
export function placeOf(address: string, ip: string): Place {
  const parsed = readAddress(address);
  const range = parsed?.range();
  if (range === 'loopback') return 'this_machine';
  if (sourceOf(address) === sourceOf(ip)) return 'same_connection';
  const isPrivate = range === 'private' || range === 'uniqueLocal' || range === 'linkLocal';
  return isPrivate ? 'private_network' : 'elsewhere';
}
