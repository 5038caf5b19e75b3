// The context of a request that oidc-provider handles inside our page app.
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { PageContext } from '../http/page-context.ts';

/** Whether oidc-provider has handled the request of a page, so that `ctx.oidc` is there. */
export function isHandledByProvider(ctx: PageContext): ctx is PageContext & KoaContextWithOIDC {
  return ctx.oidc !== undefined;
}

/** Returns the context of the page app. It runs before oidc-provider on every path and has set the state. */
export function asPage(ctx: KoaContextWithOIDC): PageContext {
  return ctx as unknown as PageContext;
}
