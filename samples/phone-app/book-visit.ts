// Books a visit (入庫予約) at the linked dealer. The dealer's API takes a token of its own (RFC 8707), which is bound to the app's key.
import { randomUUID } from 'node:crypto';
import { ResponseBodyError } from 'openid-client';
import type { CustomerClaims } from '../../src/apps/maintenance-notebook/customer-claims.ts';
import { book, readBookings, type BookingCalendar, type Send } from '../../src/apps/maintenance-notebook/dealer-client.ts';
import type { NativeClient } from '../terminal/native-client.ts';
import type { Terminal } from '../terminal/terminal.ts';

/**
 * Shows the dealer's calendar and books what the person chooses.
 * @param authorize asks the person for access to the dealer's resource
 */
export async function bookVisit(
  client: NativeClient,
  { dealer_links: links, migration }: CustomerClaims,
  { say, next }: Terminal,
  authorize: (resource: string) => Promise<boolean>,
): Promise<void> {
  const link = links?.find(({ status }) => status === 'active');
  const vehicle = migration?.vehicles[0];
  if (!link || !vehicle) return say('There is no linked dealer, or no vehicle. The web notebook links one.');
  const { resource } = link;
  // The first time, the person is asked; from then on, the refresh token is enough.
  const token = (await tokenFor(client, resource)) ?? ((await authorize(resource)) ? await client.renew(resource) : undefined);
  if (token === undefined) return undefined;
  const send: Send = async (url, request) => client.fetch(token, url, request);

  const calendar = await readBookings(resource, send);
  if (!calendar.ok) return say(`The dealer does not answer: ${calendar.reason}`);
  const { first_date: first, last_date: last, times, menus, bookings } = calendar.data;
  say(`  ${link.dealer_name}: ${first} to ${last}, at ${times.join(', ')}\n  Menus: ${menus.join(', ')}`);
  for (const one of bookings) say(`  Booked already: ${describe(one)}`);
  say(`  Type a date, a time and a menu, such as: ${last} ${times[0]} ${menus[0]}   (empty: nothing)`);
  const [date = '', time = '', menu = ''] = ((await next()) ?? '').split(/\s+/);
  if (date === '') return undefined;
  const booked = await book(resource, send, { vin: vehicle.vin, date, time, menu, note: '' }, randomUUID());
  if (booked.ok) return say(`  Booked: ${describe(booked.data)}`);
  return say(`  Not booked: ${Object.values(booked.errors ?? {}).join(' ') || booked.reason}`);
}

/** @returns an access token for the dealer; `undefined` if the person has not been asked yet */
async function tokenFor(client: NativeClient, resource: string): Promise<string | undefined> {
  try {
    return await client.renew(resource);
  } catch (error) {
    // The refresh token was not issued for this resource.
    if (error instanceof ResponseBodyError && error.error === 'invalid_target') return undefined;
    throw error;
  }
}

const describe = ({ date, time, menu, vin }: BookingCalendar['bookings'][number]): string => `${date} ${time} ${menu} (${vin})`;
