// The common ID as one Koa application. The list in `createApp` is the table of contents.
import type Koa from 'koa';
import type Provider from 'oidc-provider';
import { createReportEndpoint, REPORT_PATH } from './account/campaign-mails/report-endpoint.ts';
import { createOneClick, UNSUBSCRIBE_PATH } from './account/campaign-mails/unsubscribe.ts';
import { createAccountRouter } from './account/router.ts';
import type { Deps } from './deps.ts';
import { createPageApp } from './http/page-app.ts';
import type { PageState } from './http/page-context.ts';
import { createPublicPages } from './account/public-pages.ts';
import { createDeviceRouter } from './interaction/device-pages.ts';
import { readRecentRequest } from './interaction/recent-request.ts';
import { createInteractionRouter } from './interaction/router.ts';
import { mountOperationsApi } from './operations/api/mount-operations-api.ts';
import { createBrowserEndpoints } from './oidc/endpoints/browser-endpoints.ts';
import { createProgramEndpoints } from './oidc/endpoints/api-endpoints.ts';
import { createMigrationStatusRouter } from './oidc/migration/migration-status.ts';
import { createPostedRequests } from './oidc/endpoints/posted-requests.ts';
import { createPageKeeper } from './storage/keep-pages.ts';
import { createHealthRouter } from './telemetry/health.ts';

/**
 * Puts the application together; the caller listens. Whatever it is made of is fixed: another configuration or another key is another
 * application, and live-common-id.ts puts it in the place of this one.
 */
export function createApp(deps: Deps, provider: Provider): Koa<PageState> {
  const { config, emit, log, storage } = deps;
  const { koa, forms } = createPageApp({
    app: 'common-id',
    words: ['profile', 'passkeys', 'second-factor'],
    origin: config.issuer,
    cookieKeys: config.cookieKeys,
    trustProxy: config.trustProxy,
    log,
    emit,
    clock: deps.clock,
    pages: createPageKeeper(storage, deps.clock),
    cacheViews: config.mode === 'production',
    anyHost: config.mode === 'production',
    isSandbox: config.sandbox,
    supportPhone: config.supportPhone,
    forPrograms: new Map([
      ...createProgramEndpoints(provider, deps),
      [UNSUBSCRIBE_PATH, createOneClick(deps)],
      [REPORT_PATH, createReportEndpoint(deps)],
    ]),
    traces: config.traces && deps.traces,
    reports: { onAnswered: deps.metrics.countRequest, accessLine: config.accessLog ? emit : undefined },
  });

  koa.use(async function rememberTheService(ctx, next) {
    ctx.state.defaultWayOn = () => {
      const recent = readRecentRequest(ctx, config.issuer.startsWith('https:'));
      const start = recent && deps.clients.find(recent.clientId)?.metadata.client_uri;
      return typeof start === 'string' ? start : undefined;
    };
    await next();
  });
  for (const routes of [
    createHealthRouter(storage, deps.status).routes(),
    createPublicPages(deps).routes(),
    createMigrationStatusRouter(provider, deps).routes(),
    mountOperationsApi(provider, deps),
    createDeviceRouter(deps, provider, forms),
    createInteractionRouter(deps, provider, forms),
    createAccountRouter(deps, provider, forms),
    createPostedRequests().routes(),
    createBrowserEndpoints(provider, deps),
  ]) {
    koa.use(routes);
  }
  return koa;
}
