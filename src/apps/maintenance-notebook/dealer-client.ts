// The notebook's requests to a dealer's API.
import { z } from 'zod';
import type { ResourceRequest } from '../identity-provider.ts';
import { SignInInsufficient, type StepUp } from '../step-up.ts';

const date = z.iso.date();

const nextInspections = z.object({
  dealer: z.object({ code: z.string(), name: z.object({ ja: z.string(), en: z.string() }) }),
  vehicles: z.array(z.object({ vin: z.string(), next_inspection: date.nullable() })),
});

const serviceHistory = z.object({
  vehicles: z.array(
    z.object({
      vin: z.string(),
      history: z.array(z.object({ date, kind: z.string(), mileage_km: z.number(), items: z.array(z.string()) })),
    }),
  ),
});

const contract = z.object({
  number: z.string(),
  kind: z.enum(['quotation', 'order', 'maintenance_plan']),
  date,
  amount_yen: z.number(),
});

const contractList = z.object({ vehicles: z.array(z.object({ vin: z.string(), contracts: z.array(contract) })) });

const booking = z.object({
  booking_id: z.string(),
  vin: z.string(),
  date,
  time: z.string(),
  menu: z.string(),
  note: z.string(),
});

const bookingCalendar = z.object({
  times: z.array(z.string()),
  menus: z.array(z.string()),
  first_date: date,
  last_date: date,
  bookings: z.array(booking),
});

export type Contract = z.infer<typeof contract>;
export type Booking = z.infer<typeof booking>;
export type BookingCalendar = z.infer<typeof bookingCalendar>;
export type BookingWish = { vin: string; date: string; time: string; menu: string; note: string };

/**
 * - `not_linked_yet`: the customer has consented, but the link has not reached the dealer;
 * - `not_consented`: the dealer may not answer for this customer;
 * - `token_refused`: the dealer does not accept the token;
 * - `sign_in_insufficient`: the dealer demands a stronger or more recent sign-in;
 * - `unavailable`: there is no answer, or an unreadable one.
 */
export type DealerFailure = 'not_linked_yet' | 'not_consented' | 'token_refused' | 'sign_in_insufficient' | 'unavailable';

export type DealerAnswer<T> =
  | { ok: true; data: T }
  | {
      ok: false;
      reason: DealerFailure;
      errors?: Record<string, string>;
      /** For `sign_in_insufficient`. */
      stepUp?: StepUp;
    };

const FAILURE_BY_STATUS: Record<number, DealerFailure> = { 401: 'token_refused', 403: 'not_consented', 409: 'not_linked_yet' };

/** Sends a request with an access token for the dealer. */
export type Send = (url: string, request: ResourceRequest) => Promise<Response>;

const problem = z.object({ errors: z.record(z.string(), z.string()).optional() });

async function ask<T>(url: string, send: Send, schema: z.ZodType<T>, sent: ResourceRequest = {}): Promise<DealerAnswer<T>> {
  try {
    const answer = await send(url, { ...sent, headers: { Accept: 'application/json', ...sent.headers } });
    const body: unknown = await answer.json();
    if (answer.ok) return { ok: true, data: schema.parse(body) };
    const reason = FAILURE_BY_STATUS[answer.status] ?? 'unavailable';
    const errors = answer.status === 400 ? problem.parse(body).errors : undefined;
    return { ok: false, reason, ...(errors && { errors }) };
  } catch (error) {
    if (error instanceof SignInInsufficient) return { ok: false, reason: 'sign_in_insufficient', stepUp: error.stepUp };
    return { ok: false, reason: 'unavailable' };
  }
}

/**
 * Reads the next inspection dates of the customer's vehicles.
 * @param resource the dealer's resource URI, which is also the URL of its API
 */
export function readNextInspections(resource: string, send: Send): Promise<DealerAnswer<z.infer<typeof nextInspections>>> {
  return ask(`${resource}/next-inspection`, send, nextInspections);
}

/** Reads the service history of the customer's vehicles. */
export function readServiceHistory(resource: string, send: Send): Promise<DealerAnswer<z.infer<typeof serviceHistory>>> {
  return ask(`${resource}/service-history`, send, serviceHistory);
}

/** Reads the contracts for the customer's vehicles. The dealer demands a strong and recent sign-in. */
export function readContracts(resource: string, send: Send): Promise<DealerAnswer<z.infer<typeof contractList>>> {
  return ask(`${resource}/contracts`, send, contractList);
}

/** Reads the customer's bookings, and the dates and times that can be booked. */
export function readBookings(resource: string, send: Send): Promise<DealerAnswer<BookingCalendar>> {
  return ask(`${resource}/bookings`, send, bookingCalendar);
}

/**
 * Books a visit.
 * @param key the idempotency key; the dealer books once for the same key
 */
export function book(resource: string, send: Send, wish: BookingWish, key: string): Promise<DealerAnswer<Booking>> {
  return ask(`${resource}/bookings`, send, booking, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
    body: JSON.stringify(wish),
  });
}
