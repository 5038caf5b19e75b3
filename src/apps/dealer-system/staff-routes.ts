// The demo's back-office page: dealers, their customer links and bookings, and faults on demand. It has no login, so it is
// only served with demo data.
import Router from 'koa-router';
import { page, type PageContext, type PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { formField } from '../../http/read-form.ts';
import type { PageApp } from '../../http/page-app.ts';
import { LOCALE_OF } from '../../language.ts';
import type { BookingStore } from './booking-store.ts';
import { DEALERS, findDealer } from './dealers.ts';
import { FAULTS, type Faults } from './faults.ts';
import type { LinkStore } from './link-store.ts';

/** Creates the router of the staff page and its forms. */
export function staffRoutes(
  forms: PageApp['forms'],
  { links, bookings, faults }: { links: LinkStore; bookings: BookingStore; faults: Faults },
): Router<PageState> {
  const router = new Router<PageState>();
  for (const middleware of forms) router.use(middleware);

  function postedDealer(ctx: PageContext): string {
    const dealer = findDealer(formField(ctx, 'dealer'));
    if (!dealer) throw new PageError('form_unreadable', { detail: 'no such dealer' });
    return dealer.code;
  }

  function backHome(ctx: PageContext): void {
    ctx.redirect('/');
    ctx.status = 303;
  }

  router.get('/', (ctx) => {
    const format = new Intl.DateTimeFormat(LOCALE_OF[ctx.state.language], {
      dateStyle: 'medium',
      timeStyle: 'short',
      timeZone: 'Asia/Tokyo',
    });
    page(ctx, 'home', {
      kind: 'site',
      title: ctx.state.t('home.title'),
      faults: FAULTS,
      dealers: DEALERS.map((dealer) => ({
        ...dealer,
        name: dealer.name[ctx.state.language],
        fault: faults.of(dealer.code),
        links: links.list(dealer.code).map((link) => ({ ...link, time: format.format(new Date(link.linked_at)) })),
        bookings: bookings.listOfDealer(dealer.code),
      })),
    });
  });

  router.post('/faults', (ctx) => {
    const fault = FAULTS.find((known) => known === formField(ctx, 'fault'));
    if (!fault) throw new PageError('form_unreadable', { detail: 'no such fault' });
    faults.set(postedDealer(ctx), fault);
    backHome(ctx);
  });

  // Ends the link at the dealer only; the common ID learns of it with its next request.
  router.post('/withdrawals', (ctx) => {
    links.withdraw(postedDealer(ctx), formField(ctx, 'link_id'));
    backHome(ctx);
  });

  return router;
}
