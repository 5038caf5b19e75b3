// A pushed authorization request (RFC 9126) belongs to the first browser that opens it: whoever gets hold of another person's
// `request_uri` opens nothing with it.
import { createHash } from 'node:crypto';
import { decodeJwt, UnsecuredJWT } from 'jose';
import type { Middleware } from 'koa';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import { createBrowserIds } from '../../http/browser-id.ts';
import type { PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { redirect } from '../../http/redirect.ts';

/** How oidc-provider names a pushed request, before its id. */
const URN = 'urn:ietf:params:oauth:request_uri:';
const REQUEST = 'PushedAuthorizationRequest';
/** Notes the browser of a request, by the request's id. */
const BROWSER = 'PushedRequestBrowser';
/** How long a pushed request can wait until it is first opened. */
const UNOPENED_SECONDS = 60;

type Pushed = { request: string; iat: number; exp: number; consumed?: number };

/** What the middleware leaves for `assertOpenedHere`. */
type Opened = { openedRequest?: string };

/**
 * Comes before oidc-provider. Notes the browser of a pushed request, of parallel ones on whatever nodes one, and answers every other
 * browser with the page to start again. From then on the request can be opened for as long as an interaction lives, so that a reload works.
 * A browser without an id gets one first and comes back with it: one that asked and never heard the answer can ask again.
 */
export function createPushedRequestBinding({
  config,
  clients,
  storage: { artifacts },
  clock,
}: Pick<Deps, 'config' | 'clients' | 'storage' | 'clock'>): Middleware<PageState> {
  const browserIds = createBrowserIds(config.issuer.startsWith('https:'));

  /** The latest end of an interaction that begins with the last reload. */
  const until = (): number => clock() + 2 * config.lifetimes.interaction * 1000;

  /** @returns whether the request belongs to this browser, newly or already */
  async function bind(id: string, browserId: string): Promise<boolean> {
    const browser = createHash('sha256').update(browserId).digest('base64url');
    if (await artifacts.insertOnce(BROWSER, id, { browser }, until())) return true;
    return (await artifacts.find(BROWSER, id))?.browser === browser;
  }

  /** Extends an opened request: its first minute no longer applies. It is used up only when its code is issued. */
  async function lengthen(id: string, pushed: Pushed): Promise<void> {
    if (pushed.exp - pushed.iat > UNOPENED_SECONDS) return;
    const exp = pushed.exp + config.lifetimes.interaction;
    const request = new UnsecuredJWT({ ...decodeJwt(pushed.request), exp }).encode();
    await artifacts.save(REQUEST, id, { ...pushed, exp, request }, until());
  }

  return async function bindPushedRequest(ctx, next) {
    const id = idIn(ctx.query.request_uri);
    const pushed = id === undefined ? undefined : ((await artifacts.find(REQUEST, id)) as Pushed | undefined);
    // What is unknown, over, used or another client's is refused by oidc-provider, with its own sentence.
    if (id === undefined || !pushed || pushed.consumed !== undefined) return next();
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
      // The browser was given a cookie and did not keep it.
      if (ctx.query.browser !== undefined) throw startAgain('cookies_off');
      browserIds.ensure(ctx);
      return redirect(ctx, `${ctx.path}?${ctx.querystring}&browser=new`);
    }
    if (!(await bind(id, browserId))) throw startAgain('opened_elsewhere');
    await lengthen(id, pushed);
    (ctx.state as Opened).openedRequest = id;
    return next();
  };
}

/** Reads an id as oidc-provider does. */
function idIn(requestUri: unknown): string | undefined {
  return typeof requestUri === 'string' && requestUri.startsWith(URN) ? requestUri.split(URN)[1] : undefined;
}

/**
 * Called when oidc-provider has a pushed request before it: it was opened in its browser, however the browser came there.
 * @throws {errors.InvalidRequestUri}
 */
export function assertOpenedHere({ oidc, state }: KoaContextWithOIDC): void {
  const { PushedAuthorizationRequest: pushed } = oidc.entities;
  if (oidc.route !== 'authorization' || !pushed || (state as Opened).openedRequest === pushed.jti) return;
  throw new errors.InvalidRequestUri('request_uri was opened in another browser');
}
