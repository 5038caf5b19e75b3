// The operations console: the support desk, the migration, jobs, and the audit. It is an OpenID Connect client of the common ID, and does nothing that the
// operations API does not do.
import type Koa from 'koa';
import { createPageApp, type AppOptions } from '../../http/page-app.ts';
import type { PageState } from '../../http/page-context.ts';
import { addClientPages } from '../add-client-pages.ts';
import { loadClientKey } from '../client-key.ts';
import { createCurrentSession } from '../current-session.ts';
import { createIdentityProvider } from '../identity-provider.ts';
import { actionRoutes } from './action-routes.ts';
import { auditRoutes } from './audit-routes.ts';
import type { ConsoleDeps } from './console.ts';
import { createFreshToken } from '../fresh-token.ts';
import { homeRoutes } from './home-routes.ts';
import { jobRoutes } from './job-routes.ts';
import { loginRoutes } from './login-routes.ts';
import { createOperationsApi } from './operations-api.ts';
import { personRoutes } from './person-routes.ts';
import { migrationRoutes } from './migration-routes.ts';
import { openSessions } from './sessions.ts';

/** To verify the ledger takes a while. */
const API_TIMEOUT_SECONDS = 60;

export type OperationsConsoleOptions = AppOptions & {
  /** The common ID's issuer identifier, as in its discovery document. */
  issuer: string;
  /** The SQLite file of the sessions. */
  databasePath: string;
  /** The folder of the client's keys, which are generated on the first start. */
  keyDirectory: string;
};

/**
 * Opens the file and the keys and creates the app; the caller listens. The common ID does not need to be running yet.
 * @throws {Error} if the file or a key cannot be opened
 */
export async function createOperationsConsole(
  options: OperationsConsoleOptions,
): Promise<{ koa: Koa<PageState>; close(): Promise<void> }> {
  const { origin, issuer, clock, log } = options;
  const key = await loadClientKey(options.keyDirectory);
  const dpopKey = await loadClientKey(options.keyDirectory, 'dpop-key.json');
  const sessions = openSessions(options.databasePath, clock);
  // The names of mails are their headings.
  const { koa, forms, cookieName } = createPageApp({
    ...options,
    app: 'operations-console',
    words: ['mail'],
  });
  const idp = createIdentityProvider({
    issuer,
    clientId: 'operations-console',
    origin,
    key,
    dpopKey,
    resourceTimeoutSeconds: API_TIMEOUT_SECONDS,
    clock,
  });
  const freshToken = createFreshToken(idp, sessions, `${issuer}/operations`, clock);
  const deps: ConsoleDeps = {
    sessions,
    idp,
    api: createOperationsApi(issuer, idp, freshToken),
    current: createCurrentSession(sessions, cookieName, origin.startsWith('https:')),
    origin,
    issuer,
    clock,
    log,
  };

  const routes = [loginRoutes, homeRoutes, personRoutes, actionRoutes, migrationRoutes, jobRoutes, auditRoutes];
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
