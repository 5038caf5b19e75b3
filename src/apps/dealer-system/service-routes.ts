// The routes by which services read and book at the dealer for a linked customer.
import { randomUUID } from 'node:crypto';
import type { ParameterizedContext } from 'koa';
import Router from 'koa-router';
import { z } from 'zod';
import type { PageState } from '../../http/page-context.ts';
import { authorizeCustomer, type DemandedSignIn } from './authorize.ts';
import type { Booking } from './booking-store.ts';
import type { ApiDeps } from './api-deps.ts';
import { findDealer } from './dealers.ts';
import { idempotencyKey } from '../../http/idempotency-key.ts';
import { japanDate } from './japan-date.ts';
import { vehicleNumber } from './link-body.ts';
import type { CustomerLink } from './link-store.ts';
import { nextInspection } from './next-inspection.ts';
import { Problem } from '../../http/problem.ts';
import { bodyAs, readJson } from '../../http/read-json.ts';

/** How many days ahead a visit can be booked. */
const BOOKABLE_DAYS = 90;

const BOOKING_TIMES = ['09:30', '11:00', '13:30', '15:00', '16:30'] as const;
const BOOKING_MENUS = ['inspection', 'twelve_months', 'six_months', 'oil_change', 'tyres', 'other'] as const;

/** Contracts name prices, so a password that was read over somebody's shoulder is not enough, and neither is a browser left open. */
const SIGN_IN_FOR_CONTRACTS: DemandedSignIn = { acrValues: ['urn:common-id:acr:mfa', 'phr'], maxAgeSeconds: 60 * 60 };

const bookingBody = z.object({
  vin: vehicleNumber,
  date: z.iso.date(),
  time: z.enum(BOOKING_TIMES),
  menu: z.enum(BOOKING_MENUS),
  note: z.string().max(500).optional(),
});

/** Creates the router for `GET service-history`, `next-inspection` and `contracts`, and `GET` and `POST bookings`, under `/dealers/<code>/`. */
export function serviceRoutes(deps: ApiDeps): Router<PageState> {
  const { links, vehicles, bookings, contracts, clock, resourceOf } = deps;
  const router = new Router<PageState>();

  /** Finds the link that the token refers to. The token may be issued before the dealer has accepted the link. */
  async function linkOf(
    ctx: ParameterizedContext<PageState>,
    dealer: string,
    scope: string,
    signIn?: DemandedSignIn,
  ): Promise<CustomerLink> {
    const linkId = await authorizeCustomer(deps, ctx, resourceOf(dealer), { dealer, scope, signIn });
    const link = links.find(dealer, linkId);
    if (!link) throw new Problem(409, 'not_linked_yet', 'The link has not arrived at this dealer yet; try again later.');
    if (link.status === 'withdrawn') throw new Problem(403, 'link_withdrawn', 'The link with this dealer has been withdrawn.');
    return link;
  }

  const shown = ({ link_id: _link, dealer: _dealer, ...booking }: Booking) => ({ ...booking, status: 'accepted' });

  router.get('/dealers/:dealer/service-history', async (ctx) => {
    const { dealer = '' } = ctx.params;
    const link = await linkOf(ctx, dealer, 'service_history');
    ctx.body = {
      vehicles: link.vehicles.map(({ vin, model }) => ({ vin, model, history: vehicles.find(vin)?.history ?? [] })),
    };
  });

  router.get('/dealers/:dealer/next-inspection', async (ctx) => {
    const { dealer: code = '' } = ctx.params;
    const link = await linkOf(ctx, code, 'service_history');
    const today = japanDate(clock());
    ctx.body = {
      dealer: { code, name: findDealer(code)?.name },
      vehicles: link.vehicles.map(({ vin }) => {
        const known = vehicles.find(vin);
        return { vin, next_inspection: known ? nextInspection(known.first_registered, today) : null };
      }),
    };
  });

  router.get('/dealers/:dealer/contracts', async (ctx) => {
    const { dealer = '' } = ctx.params;
    const link = await linkOf(ctx, dealer, 'contracts', SIGN_IN_FOR_CONTRACTS);
    ctx.body = { vehicles: link.vehicles.map(({ vin }) => ({ vin, contracts: contracts.listOfVehicle(vin) })) };
  });

  router.get('/dealers/:dealer/bookings', async (ctx) => {
    const { dealer = '' } = ctx.params;
    const link = await linkOf(ctx, dealer, 'booking');
    ctx.body = {
      times: BOOKING_TIMES,
      menus: BOOKING_MENUS,
      first_date: japanDate(clock(), 1),
      last_date: japanDate(clock(), BOOKABLE_DAYS),
      bookings: bookings.listOfLink(dealer, link.link_id).map(shown),
    };
  });

  router.post('/dealers/:dealer/bookings', readJson(), async (ctx) => {
    const { dealer = '' } = ctx.params;
    const link = await linkOf(ctx, dealer, 'booking');
    const key = idempotencyKey(ctx.get('Idempotency-Key'));
    const wish = bodyAs(bookingBody, ctx);
    const errors: Record<string, string> = {};
    if (!link.vehicles.some(({ vin }) => vin === wish.vin)) errors['vin'] = 'Must be a vehicle of this customer';
    if (wish.date <= japanDate(clock()) || wish.date > japanDate(clock(), BOOKABLE_DAYS)) {
      errors['date'] = `Must be a date from tomorrow to ${BOOKABLE_DAYS} days ahead`;
    }
    if (Object.keys(errors).length > 0) {
      throw new Problem(400, 'body_invalid', 'The booking is not possible; see errors.', { errors });
    }
    const booking = bookings.book(
      {
        booking_id: randomUUID(),
        dealer,
        link_id: link.link_id,
        ...wish,
        note: wish.note ?? '',
        booked_at: new Date(clock()).toISOString(),
      },
      key,
    );
    ctx.status = 201;
    ctx.body = shown(booking);
  });

  return router;
}
