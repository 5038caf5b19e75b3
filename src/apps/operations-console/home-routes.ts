// The start page, and for operators the rooms that their roles open.
import Router from 'koa-router';
import { page, type PageState } from '../../http/page-context.ts';
import { consolePage, roomsOf, signedIn, type ConsoleDeps } from './console.ts';

/** The notices that a redirect to the start page may name. */
const START_NOTICES = ['ended', 'refused', 'logged_out'];

/** Creates the router for `/`. */
export function homeRoutes(deps: ConsoleDeps): Router<PageState> {
  const router = new Router<PageState>();
  const home = signedIn(deps, async (ctx, desk) =>
    consolePage(deps, ctx, desk, 'home', {
      title: ctx.state.t('home.title'),
      rooms: roomsOf(desk.me).map(({ href, name }) => ({ href, name })),
    }),
  );
  router.get('/', async (ctx) => {
    if (deps.current.find(ctx)) return home(ctx);
    const notice = START_NOTICES.find((known) => known === ctx.query['notice']);
    page(ctx, 'start', {
      kind: 'site',
      title: ctx.state.t('start.title'),
      notice: notice && ctx.state.t(`notices.${notice}`),
    });
  });
  return router;
}
