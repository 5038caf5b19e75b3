// Binds a pushed authorization request (RFC 9126) to the first browser that opens it, so that a leaked `request_uri` is useless
// elsewhere.
import { decodeJwt, UnsecuredJWT } from 'jose';
import type { Middleware } from 'koa';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Client } from '../../config/config.ts';
import type { Deps } from '../../deps.ts';
import { createBrowserIds } from '../../http/browser-id.ts';
import { firstValueDigest } from '../../http/first-cookie.ts';
import type { PageContext, PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { redirect } from '../../http/redirect.ts';
import { requestSeconds } from '../policy/request-lifetime.ts';

/** The prefix of oidc-provider's `request_uri`; the id follows. */
const URN = 'urn:ietf:params:oauth:request_uri:';
const REQUEST = 'PushedAuthorizationRequest';
/** Stores the browser of a request, by the request's id. */
const BROWSER = 'PushedRequestBrowser';
/** The lifetime of a pushed request that no browser has opened yet. */
const UNOPENED_SECONDS = 60;

type Pushed = { request: string; iat: number; exp: number; consumed?: number };

/** The state that the middleware adds for `assertOpenedHere`. */
type Opened = { openedRequest: string };

/**
 * Makes the middleware that binds a pushed request to a browser. It goes in front of oidc-provider. If several browsers open the
 * request in parallel, on any nodes, only one is bound; the others get a page to start again. An opened request stays valid for
 * the lifetime of an interaction, so that a reload works. A browser without an id first gets one and is redirected back here, so
 * that a browser that missed the response can retry.
 */
export function createPushedRequestBinding({
  config,
  clients,
  storage: { artifacts },
  clock,
}: Pick<Deps, 'config' | 'clients' | 'storage' | 'clock'>): Middleware<PageState> {
  const browserIds = createBrowserIds(config.issuer.startsWith('https:'));

  /** Anybody can push requests for a public client, and each is stored. The others are kept for as long as a registration draft. */
  const openedSeconds = (client: Client | undefined): number =>
    requestSeconds(config, client !== undefined && client.metadata.token_endpoint_auth_method !== 'none');
  /** The latest end of an interaction: a reload may start one as late as the end of the opened request. */
  const until = (client: Client | undefined): number => clock() + 2 * openedSeconds(client) * 1000;

  /** @returns whether the request is bound to this browser, now or already before */
  async function bind(ctx: PageContext, id: string, browserId: string, end: number): Promise<boolean> {
    const browser = firstValueDigest(browserId);
    if (await artifacts.insertOnce(BROWSER, id, { browser }, end)) return true;
    return browserIds.isOwnDigest(ctx, (await artifacts.find(BROWSER, id))?.browser as string | undefined);
  }

  /** Extends an opened request beyond its first minute. oidc-provider consumes it only when it issues the code. */
  async function lengthen(id: string, pushed: Pushed, client: Client | undefined): Promise<void> {
    if (pushed.exp - pushed.iat > UNOPENED_SECONDS) return;
    const exp = pushed.exp + openedSeconds(client);
    const request = new UnsecuredJWT({ ...decodeJwt(pushed.request), exp }).encode();
    await artifacts.save(REQUEST, id, { ...pushed, exp, request }, until(client));
  }

  return async function bindPushedRequest(ctx, next) {
    const id = idIn(ctx.query.request_uri);
    const pushed = id === undefined ? undefined : await artifacts.find(REQUEST, id);
    // oidc-provider refuses an unknown, expired or used request, and one of another client.
    if (id === undefined || !isPushed(pushed) || pushed.consumed !== undefined) return next();
    const params = decodeJwt(pushed.request);
    if (params.client_id !== ctx.query.client_id) return next();

    const client = clients.find(String(params.client_id));
    const startAgain = (code: 'cookies_off' | 'opened_elsewhere'): PageError => {
      if (client) ctx.state.brand = client.brand;
      ctx.state.preferLanguages(String(params.ui_locales ?? '').split(' '));
      const home = client?.metadata.client_uri;
      const detail = 'a pushed request is opened in another browser than the first';
      return new PageError(code, { detail, ...(typeof home === 'string' && { wayOn: home }) });
    };
    const browserId = browserIds.read(ctx);
    if (browserId === undefined) {
      // The browser did not keep the cookie that it was given.
      if (ctx.query.browser !== undefined) throw startAgain('cookies_off');
      browserIds.ensure(ctx);
      return redirect(ctx, `${ctx.path}?${ctx.querystring}&browser=new`);
    }
    if (!(await bind(ctx, id, browserId, until(client)))) throw startAgain('opened_elsewhere');
    await lengthen(id, pushed, client);
    Object.assign(ctx.state, { openedRequest: id } satisfies Opened);
    return next();
  };
}

function isPushed(stored: Record<string, unknown> | undefined): stored is Pushed {
  return typeof stored?.request === 'string' && typeof stored.iat === 'number' && typeof stored.exp === 'number';
}

/** Reads the id of a pushed request, in the same way as oidc-provider. */
function idIn(requestUri: unknown): string | undefined {
  return typeof requestUri === 'string' && requestUri.startsWith(URN) ? requestUri.split(URN)[1] : undefined;
}

/**
 * Asserts that the middleware above has bound the pushed request to this browser. It closes paths around the middleware.
 * @throws {errors.InvalidRequestUri} if the request was not opened in its browser
 */
export function assertOpenedHere({ oidc, state }: KoaContextWithOIDC): void {
  const { openedRequest }: Partial<Opened> = state;
  const { PushedAuthorizationRequest: pushed } = oidc.entities;
  if (oidc.route !== 'authorization' || !pushed || openedRequest === pushed.jti) return;
  throw new errors.InvalidRequestUri('request_uri was opened in another browser');
}
