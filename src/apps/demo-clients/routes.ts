// The pages of the demo clients: a list of them, and for each client what it received.
import Router from 'koa-router';
import { AuthorizationResponseError } from 'openid-client';
import { page, type PageContext, type PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { redirect } from '../../http/redirect.ts';
import type { Log } from '../../telemetry/log.ts';
import { DEMO_CLIENTS, type DemoClient } from './demo-clients.ts';
import type { IdentityProvider } from './identity-provider.ts';
import type { DemoSession } from './sessions.ts';

export type DemoDeps = {
  origin: string;
  log: Log;
  sessionOf: (ctx: PageContext) => DemoSession;
  providerOf: (client: DemoClient) => IdentityProvider;
};

/** Creates the router for `/`, and for each client's page, `login`, `callback` and `logout` below its id. */
export function demoRoutes(deps: DemoDeps): Router<PageState> {
  const router = new Router<PageState>();
  router.get('/', (ctx) => {
    const { received } = deps.sessionOf(ctx);
    const { t } = ctx.state;
    page(ctx, 'home', {
      kind: 'site',
      title: t('home.title'),
      menu: [],
      clients: DEMO_CLIENTS.map(({ id }) => ({
        id,
        name: t(`clients.${id}.name`),
        shows: t(`clients.${id}.shows`),
        signedIn: received.has(id),
      })),
    });
  });
  for (const client of DEMO_CLIENTS) addClient(router, client, deps);
  return router;
}

function addClient(router: Router<PageState>, client: DemoClient, { origin, log, sessionOf, providerOf }: DemoDeps): void {
  const { id } = client;
  const provider = providerOf(client);
  const unavailable = (error: unknown): never => {
    throw new PageError('unavailable', { detail: error instanceof Error ? error.message : String(error), wayOn: `/${id}` });
  };
  const show = (ctx: PageContext, refused?: string): void => {
    const received = sessionOf(ctx).received.get(id);
    const { t } = ctx.state;
    ctx.state.brand = client.brand;
    page(ctx, 'client', {
      kind: 'site',
      title: t(`clients.${id}.name`),
      menu: [{ label: t('client.all'), href: '/' }],
      id,
      shows: t(`clients.${id}.shows`),
      scope: client.scope,
      refused,
      received: received && {
        claims: rows(received.claims),
        userInfo: rows(received.userInfo),
        response: rows(received.response),
      },
    });
  };

  router.get(`/${id}`, (ctx) => show(ctx));
  router.get(`/${id}/login`, async (ctx) => {
    const { url, pending } = await provider.begin().catch(unavailable);
    sessionOf(ctx).pending.set(id, pending);
    redirect(ctx, url);
  });
  router.get(`/${id}/callback`, async (ctx) => {
    const session = sessionOf(ctx);
    const pending = session.pending.get(id);
    session.pending.delete(id);
    // The person used the back button, or opened a link from somebody else.
    if (!pending) return redirect(ctx, `/${id}`);
    try {
      session.received.set(id, await provider.finish(new URL(ctx.url, origin), pending));
    } catch (error) {
      log.info({ client_id: id, detail: error instanceof Error ? error.message : String(error) }, 'login refused');
      return error instanceof AuthorizationResponseError ? show(ctx, error.error) : unavailable(error);
    }
    return redirect(ctx, `/${id}`);
  });
  router.post(`/${id}/logout`, async (ctx) => {
    const session = sessionOf(ctx);
    const received = session.received.get(id);
    session.received.delete(id);
    if (!received) return redirect(ctx, `/${id}`);
    const target = await provider.logoutUrl(received.idToken).catch(unavailable);
    return redirect(ctx, target);
  });
}

function rows(values: Record<string, unknown>): { name: string; value: string }[] {
  return Object.entries(values).map(([name, value]) => ({
    name,
    value: typeof value === 'string' ? value : JSON.stringify(value, null, 1),
  }));
}
