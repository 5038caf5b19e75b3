import type { Middleware } from 'koa';
import type Router from 'koa-router';
import type { PageState } from './page-context.ts';

/**
 * The routes of a router as a middleware for the context of any page. Their types ask for more: `params`, which the router itself
 * adds, and the rest of `State`, which the router's own middleware add before a route is reached.
 */
export function routesOf<State extends PageState>(router: Router<State>): Middleware<PageState> {
  return router.routes() as unknown as Middleware<PageState>;
}
