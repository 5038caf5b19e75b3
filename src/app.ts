// The common ID as one Koa application. The list in `createApp` is the table of contents.
import type Koa from 'koa';
import mount from 'koa-mount';
import { createAccountRouter } from './account/router.ts';
import type { Deps } from './deps.ts';
import { createPageApp } from './http/page-app.ts';
import type { PageState } from './http/page-context.ts';
import { createPublicPages } from './http/public-pages.ts';
import { readRecentRequest } from './interaction/recent-request.ts';
import { createInteractionRouter } from './interaction/router.ts';
import { createMigrationStatusRouter } from './oidc/migration-status.ts';
import { createProvider } from './oidc/provider.ts';
import { createHealthRouter, type Readiness } from './telemetry/health.ts';

export type App = { koa: Koa<PageState>; readiness: Readiness };

/**
 * Puts the application together; the caller listens.
 * @throws where oidc-provider refuses a client
 */
export async function createApp(deps: Deps): Promise<App> {
  const { config, log, clock, storage } = deps;
  const provider = await createProvider(deps);
  const health = createHealthRouter(storage);
  const { koa, forms } = createPageApp({
    app: 'common-id',
    origin: config.issuer,
    cookieKeys: config.cookieKeys,
    trustProxy: config.trustProxy,
    log,
    cacheViews: config.mode === 'production',
  });

  koa.use(async function rememberTheService(ctx, next) {
    const recent = readRecentRequest(ctx, config.issuer.startsWith('https:'));
    const start = recent && deps.clients.find(recent.clientId)?.metadata.client_uri;
    if (typeof start === 'string') ctx.state.defaultWayOn = start;
    await next();
  });
  for (const routes of [
    health.router.routes(),
    createPublicPages(config, clock).routes(),
    createMigrationStatusRouter(provider, deps).routes(),
    createInteractionRouter(deps, provider, forms),
    createAccountRouter(deps, provider, forms),
    mount(provider),
  ]) {
    koa.use(routes as Koa.Middleware<PageState>);
  }
  return { koa, readiness: health.readiness };
}
