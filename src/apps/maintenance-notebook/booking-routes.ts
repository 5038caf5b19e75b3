// Service bookings (入庫予約), which the dealer stores.
import { randomUUID } from 'node:crypto';
import Router from 'koa-router';
import { askAgainLater } from '../../http/error-page.ts';
import type { PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { formField } from '../../http/read-form.ts';
import { book, readBookings, type BookingWish } from './dealer-client.ts';
import { openNotebook, redirect, signedIn, type NotebookContext, type NotebookDeps, type OpenNotebook } from './notebook.ts';
import { longDate, signedInPage } from './signed-in-page.ts';

const FIELDS = ['vin', 'date', 'time', 'menu', 'note'] as const;

/** Creates the router for `GET` and `POST /bookings`. */
export function bookingRoutes(deps: NotebookDeps): Router<PageState> {
  const router = new Router<PageState>();

  /** Shows the bookings and the form; `failed` says why the request was not booked. */
  async function showBookings(
    ctx: NotebookContext,
    notebook: OpenNotebook,
    form: { key: string; wish: Partial<BookingWish> },
    failed: { errors?: Record<string, string>; unanswered?: boolean } = {},
  ): Promise<void> {
    const { t, language } = ctx.state;
    const { reading, data } = await notebook.askDealer(readBookings);
    const vehicles = notebook.claims.migration?.vehicles ?? [];
    const nameOf = (vin: string): string => vehicles.find((vehicle) => vehicle.vin === vin)?.model ?? t('vehicle.unnamed');
    const range = data && { first: longDate(data.first_date, language), last: longDate(data.last_date, language) };
    const wrong = range ? FIELDS.filter((name) => failed.errors && Object.hasOwn(failed.errors, name)) : [];
    // The common ID knows the chosen vehicle, so only the dealer does not know it yet.
    const reasonFor = (name: (typeof FIELDS)[number]): string =>
      name === 'vin' && vehicles.some(({ vin }) => vin === form.wish.vin) ? 'vin_on_its_way' : name;
    signedInPage(deps, ctx, notebook, 'bookings', {
      title: t('bookings.title'),
      reading,
      errors: Object.fromEntries(wrong.map((name) => [name, t(`bookings.errors.${reasonFor(name)}`, range)])),
      unanswered: failed.unanswered,
      booked: data?.bookings.map((one) => ({ ...one, date: longDate(one.date, language), model: nameOf(one.vin) })),
      dateHint: range && t('bookings.date_hint', range),
      // Keeps the chosen menu selected while the dealer does not answer.
      menus: data?.menus ?? [form.wish.menu].filter(Boolean),
      times: data?.times ?? [form.wish.time],
      vehicles: vehicles.map(({ vin, model, registration_number }) => ({
        value: vin,
        label: [model, registration_number].filter(Boolean).join(' '),
      })),
      form,
    });
    if (failed.unanswered) {
      const unavailable = new PageError('unavailable');
      ctx.status = unavailable.status;
      askAgainLater(ctx, unavailable);
    }
  }

  router.get(
    '/bookings',
    signedIn(deps, async (ctx, session) => {
      const notebook = await openNotebook(deps, ctx, session);
      if (notebook) await showBookings(ctx, notebook, { key: randomUUID(), wish: {} });
    }),
  );

  router.post(
    '/bookings',
    signedIn(deps, async (ctx, session) => {
      const notebook = await openNotebook(deps, ctx, session);
      if (!notebook) return;
      const menu = formField(ctx, 'menu');
      const wish: BookingWish = {
        vin: formField(ctx, 'vin'),
        date: formField(ctx, 'date'),
        time: formField(ctx, 'time'),
        // The menu becomes part of a text key.
        menu: /^[a-z_]{1,30}$/.test(menu) ? menu : '',
        note: formField(ctx, 'note'),
      };
      const sent = formField(ctx, 'booking_key');
      // A double click on the same page sends the same key and books once.
      const key = /^[\w-]{16,64}$/.test(sent) ? sent : randomUUID();
      const { reading, errors } = await notebook.askDealer((resource, send) => book(resource, send, wish, key));
      if (reading === 'ok') {
        deps.sessions.save(session.key, 'notice_shown_once', 'booked');
        return redirect(ctx, '/bookings');
      }
      await showBookings(
        ctx,
        notebook,
        { key, wish },
        { ...(errors && { errors }), unanswered: reading === 'unavailable' && !errors },
      );
    }),
  );

  return router;
}
