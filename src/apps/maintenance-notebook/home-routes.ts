// The start page, and for signed-in people their vehicles and dealer.
import Router from 'koa-router';
import { page, type PageState } from '../../http/page-context.ts';
import type { CustomerVehicle } from './customer-claims.ts';
import { readNextInspections, readServiceHistory } from './dealer-client.ts';
import { openNotebook, signedIn, type NotebookContext, type NotebookDeps } from './notebook.ts';
import { PageError } from '../../http/page-error.ts';
import { longDate, longMonth, signedInPage } from './signed-in-page.ts';

/** The notices that a redirect to the start page may name. */
const START_NOTICES = ['ended', 'refused', 'logged_out'];

/** Creates the router for `/`, `/vehicles/<number>` and, in a demo, `/app`. */
export function homeRoutes(deps: NotebookDeps): Router<PageState> {
  const router = new Router<PageState>();

  function startPage(ctx: NotebookContext): void {
    const { t } = ctx.state;
    const notice = START_NOTICES.find((known) => known === ctx.query['notice']);
    page(ctx, 'start', {
      kind: 'site',
      title: t('start.title'),
      notice: notice && t(`notices.${notice}`),
      ownersSiteOrigin: deps.ownersSiteOrigin,
      hasAppPage: deps.isDemo,
    });
  }

  /** Formats a vehicle for pages. URLs name a vehicle by its position, because a VIN is personal data. */
  function shown(vehicle: CustomerVehicle, index: number, inspection: string | null | undefined, ctx: NotebookContext) {
    const { language, t } = ctx.state;
    return {
      href: `/vehicles/${index + 1}`,
      model: vehicle.model ?? t('vehicle.unnamed'),
      registrationNumber: vehicle.registration_number,
      firstRegistered: vehicle.first_registered && longMonth(vehicle.first_registered, language),
      nextInspection: inspection && longDate(inspection, language),
      vin: vehicle.vin,
    };
  }

  const home = signedIn(deps, async (ctx, session) => {
    const notebook = await openNotebook(deps, ctx, session);
    if (!notebook) return;
    const { reading, data } = await notebook.askDealer(readNextInspections);
    const inspections = new Map(data?.vehicles.map(({ vin, next_inspection }) => [vin, next_inspection]));
    signedInPage(deps, ctx, notebook, 'home', {
      title: ctx.state.t('home.title'),
      reading,
      dealerName: data?.dealer.name[ctx.state.language],
      hasAppPage: deps.isDemo,
      vehicles: (notebook.claims.migration?.vehicles ?? []).map((vehicle, index) =>
        shown(vehicle, index, inspections.get(vehicle.vin), ctx),
      ),
    });
  });

  router.get('/', async (ctx) => {
    if (deps.current.find(ctx)) await home(ctx);
    else startPage(ctx);
  });

  router.get(
    '/vehicles/:number',
    signedIn(deps, async (ctx, session) => {
      const notebook = await openNotebook(deps, ctx, session);
      if (!notebook) return;
      const index = Number(ctx.params['number']) - 1;
      const vehicle = notebook.claims.migration?.vehicles[index];
      if (!vehicle) throw new PageError('not_found');
      const [inspections, history] = await Promise.all([
        notebook.askDealer(readNextInspections),
        notebook.askDealer(readServiceHistory),
      ]);
      const inspection = inspections.data?.vehicles.find(({ vin }) => vin === vehicle.vin)?.next_inspection;
      signedInPage(deps, ctx, notebook, 'vehicle', {
        title: vehicle.model ?? ctx.state.t('vehicle.unnamed'),
        reading: history.reading,
        dealerName: inspections.data?.dealer.name[ctx.state.language],
        vehicle: shown(vehicle, index, inspection, ctx),
        history: history.data?.vehicles
          .find(({ vin }) => vin === vehicle.vin)
          ?.history.map((record) => ({ ...record, date: longDate(record.date, ctx.state.language) })),
      });
    }),
  );

  // アプリをダウンロードされる方はこちら: there is no store in a demo, but a program.
  if (deps.isDemo) router.get('/app', (ctx) => page(ctx, 'app', { kind: 'site', title: ctx.state.t('app.title') }));

  return router;
}
