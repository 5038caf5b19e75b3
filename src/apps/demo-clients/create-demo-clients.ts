// Five client apps on one origin, each under its own path. They show single sign-on, required information, consent and brands.
// They do not exist in production.
import type Koa from 'koa';
import Router from 'koa-router';
import { leadToPage } from '../../http/lead-to-page.ts';
import { createPageApp, type AppOptions } from '../../http/page-app.ts';
import type { PageState } from '../../http/page-context.ts';
import { loadClientKey } from '../client-key.ts';
import { createIdentityProvider } from './identity-provider.ts';
import { demoRoutes } from './routes.ts';
import { createSessions } from './sessions.ts';

export type DemoClientsOptions = AppOptions & {
  /** The common ID. */
  issuer: string;
  /** The folder of their shared key, which is generated on the first start. */
  keyDirectory: string;
  /** The client secret of the one app that uses `client_secret_basic`. */
  secret: string;
};

/**
 * Creates the apps; the caller listens.
 * @throws {Error} if the key cannot be read or created
 */
export async function createDemoClients(options: DemoClientsOptions): Promise<{ koa: Koa<PageState>; close(): Promise<void> }> {
  const { origin, issuer, secret, log } = options;
  const key = await loadClientKey(options.keyDirectory);
  const { koa, forms, cookieName } = createPageApp({ ...options, app: 'demo-clients' });
  const keys = new Router<PageState>();
  keys.get('/jwks.json', (ctx) => {
    ctx.body = { keys: [key.publicJwk] };
  });
  koa.use(async function allowLogout(ctx, next) {
    // The logout form posts to us, and we redirect it to the common ID.
    ctx.state.formTargets = [new URL(issuer).origin];
    await next();
  });
  koa.use(keys.routes());
  for (const middleware of forms) koa.use(middleware);
  const routes = demoRoutes({
    origin,
    log,
    sessionOf: createSessions(cookieName('session'), origin.startsWith('https:')),
    providerOf: (client) => createIdentityProvider(client, { issuer, origin, key, secret }),
  });
  koa.use(routes.routes());
  koa.use(leadToPage(routes));
  return { koa, close: async () => undefined };
}
