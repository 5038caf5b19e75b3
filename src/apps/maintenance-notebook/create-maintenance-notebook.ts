// MyTOYOTA整備手帳, the service that people migrate to. It is an OpenID Connect client of the common ID, and reads the service
// history from the linked dealer.
import type Koa from 'koa';
import { createPageApp, type AppOptions } from '../../http/page-app.ts';
import type { PageState } from '../../http/page-context.ts';
import { addClientPages } from '../add-client-pages.ts';
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

export type MaintenanceNotebookOptions = AppOptions & {
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

  const routes = [loginRoutes, homeRoutes, bookingRoutes, contractRoutes, dealerLinkRoutes];
  addClientPages(
    { koa, forms },
    { issuer, key, idp, sessions, log },
    routes.map((make) => make(deps)),
  );

  return {
    koa,
    async close() {
      sessions.close();
    },
  };
}
