// Redirects authorization and logout requests by POST to GET (OpenID Connect Core 3.1.2.1, RP-Initiated Logout 1.0 section 2).
// A POST from another site lacks our `SameSite=Lax` cookies; the redirected GET has them.
import Router from 'koa-router';
import type { PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { readForm } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';

/** Characters that fit into a URL everywhere. Longer requests have to be pushed to `/request` (RFC 9126). */
const LONGEST = 8000;

/**
 * Parameters that must not get into an address, which stays in the browser's history and in logs: credentials, and JWTs with a customer's data. Their
 * values are replaced, so that oidc-provider refuses the request in the usual way where the parameter means something.
 */
const NEVER_IN_A_URL = ['legacy_profile', 'request', 'client_secret', 'client_assertion'];

/** Makes the router of these redirects. It throws `form_unreadable`, 413, if the request does not fit into a URL. */
export function createPostedRequests(): Router<PageState> {
  const router = new Router<PageState>();
  router.post(['/auth', '/session/end'], readForm(), (ctx) => {
    // Keep repeated parameters, so that oidc-provider can refuse them.
    const posted = [...new URLSearchParams(ctx.request.rawBody ?? '')];
    const kept = posted.map(([name, value]): [string, string] => [name, NEVER_IN_A_URL.includes(name) ? 'removed' : value]);
    const query = new URLSearchParams(kept).toString();
    if (query.length > LONGEST) throw new PageError('form_unreadable', { status: 413, detail: 'longer than a URL can be' });
    redirect(ctx, `${ctx.path}?${query}`);
  });
  // The address of the form that confirms a logout, after "back" or a reload.
  router.get('/session/end/confirm', (ctx) => redirect(ctx, '/session/end'));
  return router;
}
