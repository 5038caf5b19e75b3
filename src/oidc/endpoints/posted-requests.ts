// Requests that a browser posts from the client's page (OpenID Connect Core 3.1.2.1, RP-Initiated Logout 1.0 section 2), asked again by GET.
// A post from another site comes without our cookies, which are `SameSite=Lax`; the GET that a redirect makes of it has them.
import Router from 'koa-router';
import type { PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { readForm } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';

/** What fits into a URL everywhere; longer requests are for `/request` (RFC 9126). */
const LONGEST = 8000;

/** @throws {PageError} `form_unreadable`, 413, for what is too long */
export function createPostedRequests(): Router<PageState> {
  const router = new Router<PageState>();
  router.post(['/auth', '/session/end'], readForm(), (ctx) => {
    // Every parameter as often as it was sent, so that oidc-provider judges the request as it came.
    const query = new URLSearchParams(ctx.request.rawBody ?? '').toString();
    if (query.length > LONGEST) throw new PageError('form_unreadable', { status: 413, detail: 'longer than a URL can be' });
    redirect(ctx, `${ctx.path}?${query}`);
  });
  return router;
}
