// The API of every dealer, under `/dealers/<code>`, which is also the dealer's resource URI.
import type { Middleware } from 'koa';
import type { PageState } from '../../http/page-context.ts';
import { routesOf } from '../../http/routes-of.ts';
import type { ApiDeps } from './api-deps.ts';
import { customerLinkRoutes } from './customer-link-routes.ts';
import { findDealer } from './dealers.ts';
import { answerWithProblems, Problem } from '../../http/problem.ts';
import { serviceRoutes } from './service-routes.ts';

/** Creates the middleware that answers everything under `/dealers/` with JSON or problem details. */
export function dealerApi(deps: ApiDeps): Middleware<PageState>[] {
  const isApi = (path: string): boolean => path.startsWith('/dealers/');
  const problems = answerWithProblems(deps.log);
  const routes = [routesOf(customerLinkRoutes(deps)), routesOf(serviceRoutes(deps))];

  return [
    async function enterApi(ctx, next) {
      if (isApi(ctx.path)) await problems(ctx, next);
      else await next();
    },
    async function chooseDealer(ctx, next) {
      if (!isApi(ctx.path)) return next();
      const code = ctx.path.split('/')[2] ?? '';
      if (!findDealer(code)) throw new Problem(404, 'dealer_unknown', 'No dealer has this code.');
      await deps.faults.strike(code, ctx, next);
    },
    ...routes,
    async function refuseUnknownPath(ctx, next) {
      if (!isApi(ctx.path)) return next();
      throw new Problem(404, 'not_found', 'This path does not exist or does not support this method.');
    },
  ];
}
