// Five client apps on one origin, each under its own path: single sign-on, required information, consent and brand to be seen at once.
// They do not exist in production.
import type Koa from 'koa';
import Router from 'koa-router';
import { createPageApp } from '../../http/page-app.ts';
import type { PageState } from '../../http/page-context.ts';
import type { Log } from '../../telemetry/log.ts';
import { loadClientKey } from '../client-key.ts';
import { createIdentityProvider } from './identity-provider.ts';
import { demoRoutes } from './routes.ts';
import { createSessions } from './sessions.ts';

export type DemoClientsOptions = {
  /** The URL under which browsers reach them, without a path. */
  origin: string;
  /** The common ID. */
  issuer: string;
  /** Where their key is kept; made on the first start. */
  keyDirectory: string;
  /** The secret of the one that has one. */
  secret: string;
  cookieKeys: string[];
  trustProxy: boolean;
  cacheViews: boolean;
  /** See `PageAppOptions`. */
  anyHost?: boolean;
  log: Log;
};

export async function createDemoClients(options: DemoClientsOptions): Promise<{ koa: Koa<PageState>; close(): Promise<void> }> {
  const { origin, issuer, secret, log } = options;
  const key = await loadClientKey(options.keyDirectory);
  const { koa, forms, cookieName } = createPageApp({ ...options, app: 'demo-clients' });
  const keys = new Router<PageState>();
  keys.get('/jwks.json', (ctx) => {
    ctx.body = { keys: [key.publicJwk] };
  });
  koa.use(async function allowLogout(ctx, next) {
    // Logging out posts to us and is redirected to the common ID.
    ctx.state.formActionOrigins.push(new URL(issuer).origin);
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
  return { koa, close: async () => undefined };
}
