// What the client apps with sessions of their own put around their pages.
import Router from 'koa-router';
import { leadToPage } from '../http/lead-to-page.ts';
import type { PageApp } from '../http/page-app.ts';
import type { PageState } from '../http/page-context.ts';
import type { Log } from '../telemetry/log.ts';
import { backchannelLogoutRoutes } from './backchannel-logout-routes.ts';
import type { ClientKey } from './client-key.ts';

/** Adds the public key, the endpoint that ends sessions (OpenID Connect Back-Channel Logout 1.0), and the pages. */
export function addClientPages(
  { koa, forms }: Pick<PageApp, 'koa' | 'forms'>,
  client: {
    issuer: string;
    key: ClientKey;
    idp: Parameters<typeof backchannelLogoutRoutes>[0];
    sessions: Parameters<typeof backchannelLogoutRoutes>[1];
    log: Log;
  },
  routers: Router<PageState>[],
): void {
  const { issuer, key, idp, sessions, log } = client;
  koa.use(async function allowFormsToCommonId(ctx, next) {
    // Some forms, such as that for logging out, are redirected to the common ID.
    ctx.state.formTargets = [new URL(issuer).origin];
    await next();
  });
  koa.use(async function publishKey(ctx, next) {
    if (ctx.path !== '/jwks.json' || ctx.method !== 'GET') return next();
    ctx.type = 'application/jwk-set+json';
    ctx.body = JSON.stringify({ keys: [key.publicJwk] });
  });
  koa.use(backchannelLogoutRoutes(idp, sessions, log).routes());
  const pages = new Router<PageState>();
  for (const middleware of forms) pages.use(middleware);
  for (const router of routers) pages.use(router.routes());
  koa.use(pages.routes());
  koa.use(leadToPage(pages));
}
