// MyTOYOTA整備手帳, the service that people migrate to. It is an OpenID Connect client of the common ID, and reads the service
// history from the linked dealer.
import type Koa from 'koa';
import Router from 'koa-router';
import type { TrustProxy } from '../../http/client-address.ts';
import { leadToPage } from '../../http/lead-to-page.ts';
import { createPageApp } from '../../http/page-app.ts';
import type { PageState } from '../../http/page-context.ts';
import type { Log } from '../../telemetry/log.ts';
import { backchannelLogoutRoutes } from '../backchannel-logout-routes.ts';
import { bookingRoutes } from './booking-routes.ts';
import { contractRoutes } from './contract-routes.ts';
import { loadClientKey } from '../client-key.ts';
import { createCurrentSession } from '../current-session.ts';
import { dealerLinkRoutes } from './dealer-link-routes.ts';
import { createFreshTokens } from './fresh-tokens.ts';
import { homeRoutes } from './home-routes.ts';
import { createIdentityProvider } from '../identity-provider.ts';
import { loginRoutes } from './login-routes.ts';
import { openSessions } from './sessions.ts';

const DEALER_TIMEOUT_SECONDS = 3;

export type MaintenanceNotebookOptions = {
  /** The origin of its URLs. */
  origin: string;
  cookieKeys: string[];
  trustProxy: TrustProxy;
  cacheViews: boolean;
  /** See `PageAppOptions`. */
  supportPhone?: string | undefined;
  /** See `PageAppOptions`. */
  anyHost?: boolean;
  /** Milliseconds since 1970. */
  clock: () => number;
  log: Log;
  /** The common ID's issuer identifier, as in its discovery document. */
  issuer: string;
  /** The origin of the API of a dealer without a link yet: `<origin>/dealers/<code>`. */
  dealerSystemOrigin: string;
  /** Linked for people who have not migrated yet. */
  ownersSiteOrigin: string;
  /** Shows how to run the notebook's app in a terminal. */
  isDemo: boolean;
  /** The SQLite file of the sessions. */
  databasePath: string;
  /** The folder of the client's key, which is generated on the first start. */
  keyDirectory: string;
};

/**
 * Opens the file and the key and creates the app; the caller listens. The common ID does not need to be running yet.
 * @throws {Error} if the file or the key cannot be opened
 */
export async function createMaintenanceNotebook(
  options: MaintenanceNotebookOptions,
): Promise<{ koa: Koa<PageState>; close(): Promise<void> }> {
  const { origin, issuer, clock, log } = options;
  const key = await loadClientKey(options.keyDirectory);
  const dpopKey = await loadClientKey(options.keyDirectory, 'dpop-key.json');
  const sessions = openSessions(options.databasePath, clock);
  const { koa, forms, cookieName } = createPageApp({ ...options, app: 'maintenance-notebook' });
  const idp = createIdentityProvider({
    issuer,
    clientId: 'maintenance-notebook',
    origin,
    key,
    dpopKey,
    resourceTimeoutSeconds: DEALER_TIMEOUT_SECONDS,
    clock,
  });
  const deps = {
    sessions,
    idp,
    current: createCurrentSession(sessions, cookieName, origin.startsWith('https:')),
    freshTokens: createFreshTokens(idp, sessions, clock),
    renewals: new Set<string>(),
    origin,
    issuer,
    dealerSystemOrigin: options.dealerSystemOrigin,
    ownersSiteOrigin: options.ownersSiteOrigin,
    isDemo: options.isDemo,
    log,
  };

  koa.use(async function allowFormsToCommonId(ctx, next) {
    // The forms for logging out and linking are redirected to the common ID.
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
  for (const make of [loginRoutes, homeRoutes, bookingRoutes, contractRoutes, dealerLinkRoutes]) {
    pages.use(make(deps).routes());
  }
  koa.use(pages.routes());
  koa.use(leadToPage(pages));

  return {
    koa,
    async close() {
      sessions.close();
    },
  };
}
