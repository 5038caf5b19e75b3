// Shows the answer to a posted form by GET (Post/Redirect/Get). A page that is itself the answer to a POST cannot be shown again by
// "back" or reload: browsers show an error such as ERR_CACHE_MISS, because our pages are not stored.
import { createHash, randomBytes } from 'node:crypto';
import type { Middleware } from 'koa';
import type { PageData, PageState } from './page-context.ts';
import { redirect } from './redirect.ts';

/** A page that was rendered for a POST. */
export type KeptPage = {
  view: string;
  data: PageData;
  status: number;
  /** The `Retry-After` of the response. */
  retryAfter: string | undefined;
};

/** Keeps pages on the server for one view. */
export type PageKeeper = {
  /** @throws {Error} if the page cannot be kept now */
  keep(id: string, page: KeptPage): Promise<void>;
  /** Returns the page and forgets it. */
  take(id: string): Promise<KeptPage | undefined>;
};

/** The query parameter of the address that shows a kept page. Without it no page is looked up. */
const AGAIN = 'again';

/** Whether this is the view of a page that a form led to. */
export const isShownAgain = (ctx: { query: Record<string, unknown> }): boolean => ctx.query[AGAIN] !== undefined;

/**
 * Creates the middleware. A POST whose handler calls `page` is answered with a redirect to the page's address (`shownAt`, or the form's
 * own). There the handler of GET runs as always, and may redirect; if it shows a page, the kept one is shown in its place, with the
 * status of the POST. It is kept for the browser that sent the form, and never contains passwords, codes or tokens, because views
 * do not show those that were typed.
 */
export function showByGet(pages: PageKeeper): Middleware<PageState> {
  return async function showAnswerByGet(ctx, next) {
    const { renderPage } = ctx.state;
    /** The CSRF token is the browser's, and nobody else knows it. The number keeps two presses and two tabs apart. */
    const idOf = (path: string, number: unknown): string =>
      createHash('sha256')
        .update(JSON.stringify([ctx.state.csrfToken, path, number]))
        .digest('base64url');

    if (ctx.method !== 'POST') {
      const kept = isShownAgain(ctx) ? await pages.take(idOf(ctx.path, ctx.query[AGAIN])) : undefined;
      if (!kept) return next();
      ctx.state.renderPage = (view, data) => {
        renderPage(kept.view, view === kept.view ? { ...data, ...kept.data } : kept.data);
        ctx.status = kept.status;
        if (kept.retryAfter !== undefined) ctx.set('Retry-After', kept.retryAfter);
      };
      return next();
    }

    let rendered: Pick<KeptPage, 'view' | 'data'> | undefined;
    ctx.state.renderPage = (view, data) => {
      rendered = { view, data };
      renderPage(view, data);
    };
    await next().finally(() => (ctx.state.renderPage = renderPage));
    if (!rendered) return;
    // A link's token stays in the link.
    const { token: _token, shownAt = ctx.path, ...data } = rendered.data;
    const target = new URL(shownAt, 'http://here.invalid');
    const retryAfter = ctx.response.get('Retry-After') || undefined;
    const number = randomBytes(6).toString('base64url');
    try {
      await pages.keep(idOf(target.pathname, number), { view: rendered.view, data, status: ctx.status, retryAfter });
    } catch {
      // The database is busy. What was typed must not be lost, so the page stays the answer to the POST.
      return;
    }
    target.searchParams.set(AGAIN, number);
    ctx.remove('Retry-After');
    redirect(ctx, `${target.pathname}${target.search}`);
  };
}
