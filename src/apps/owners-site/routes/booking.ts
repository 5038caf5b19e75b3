// 入庫予約: book a visit to the workshop, list bookings, cancel one.
import { PageError } from '../../../http/page-error.ts';
import { formField } from '../../../http/read-form.ts';
import { TIMES, WORKS, type Work } from '../bookings.ts';
import { daysBetween, formatDay, isDay, japanDay } from '../japan-day.ts';
import { signedIn } from '../session-cookie.ts';
import { hasEnded, seeOther, sitePage, type Site, type SiteContext, type SiteRouter } from '../site.ts';
import type { User } from '../users.ts';

/** How many days ahead a visit can be booked. */
const LATEST_DAYS = 90;
const NOTE_MAX_LENGTH = 200;

type BookingForm = { vin: string; work: string; day: string; time: string; note: string };

function workOf(form: BookingForm): Work | undefined {
  return WORKS.find((work) => work === form.work);
}

/** Adds the routes under `/booking`. */
export function bookingRoutes(router: SiteRouter, site: Site): void {
  const { bookings, clock } = site;

  function bookingPage(ctx: SiteContext, { id, profile }: User, form: BookingForm, errors: Record<string, string> = {}): void {
    const { t, language } = ctx.state;
    sitePage(ctx, site, 'booking', {
      title: t('booking.title'),
      form,
      errors,
      justBooked: ctx.query.booked !== undefined,
      dealerName: profile.dealer?.name[language],
      vehicles: profile.vehicles.map(({ vin, model, registration_number }) => ({
        value: vin,
        label: `${model} ${registration_number}`,
      })),
      works: WORKS.map((work) => ({ value: work, label: t(`booking.works.${work}`) })),
      times: TIMES.map((time) => ({ value: time, label: time })),
      booked: bookings.listOf(id, japanDay(clock())).map((booking) => ({
        ...booking,
        dayText: formatDay(booking.day, language),
        workText: t(`booking.works.${booking.work}`),
        model: profile.vehicles.find(({ vin }) => vin === booking.vin)?.model ?? booking.vin,
      })),
    });
  }

  function problems(ctx: SiteContext, { profile }: User, form: BookingForm): Record<string, string> {
    const { t } = ctx.state;
    const errors: Record<string, string> = {};
    const ahead = isDay(form.day) ? daysBetween(japanDay(clock()), form.day) : NaN;
    if (!profile.vehicles.some(({ vin }) => vin === form.vin)) errors.vin = t('booking.errors.vin');
    if (workOf(form) === undefined) errors.work = t('booking.errors.work');
    if (!(ahead >= 1 && ahead <= LATEST_DAYS)) errors.day = t('booking.errors.day', { days: LATEST_DAYS });
    if (!TIMES.some((time) => time === form.time)) errors.time = t('booking.errors.time');
    if (form.note.length > NOTE_MAX_LENGTH) errors.note = t('booking.errors.note', { length: NOTE_MAX_LENGTH });
    return errors;
  }

  router.get(
    '/booking',
    signedIn((ctx, user) => {
      if (hasEnded(site)) return seeOther(ctx, '/migration');
      const vin = user.profile.vehicles[0]?.vin ?? '';
      return bookingPage(ctx, user, { vin, work: WORKS[0], day: '', time: TIMES[0], note: '' });
    }),
  );

  router.post(
    '/booking',
    signedIn((ctx, user) => {
      if (hasEnded(site)) return seeOther(ctx, '/migration');
      const form: BookingForm = {
        vin: formField(ctx, 'vin'),
        work: formField(ctx, 'work'),
        day: formField(ctx, 'day').normalize('NFKC').trim(),
        time: formField(ctx, 'time'),
        note: formField(ctx, 'note').trim(),
      };
      // Without a dealer the page has no form.
      if (!user.profile.dealer) return seeOther(ctx, '/booking');
      const errors = problems(ctx, user, form);
      const work = workOf(form);
      if (work === undefined || Object.keys(errors).length > 0) return bookingPage(ctx, user, form, errors);
      if (!bookings.add(user.id, { ...form, work })) {
        return bookingPage(ctx, user, form, { day: ctx.state.t('booking.errors.day_taken') });
      }
      return seeOther(ctx, '/booking?booked');
    }),
  );

  router.post(
    '/booking/:id/cancel',
    signedIn((ctx, user) => {
      if (hasEnded(site)) return seeOther(ctx, '/migration');
      if (!bookings.cancel(user.id, String(ctx.params.id))) {
        throw new PageError('not_found', { wayOn: '/booking' });
      }
      return seeOther(ctx, '/booking');
    }),
  );
}
