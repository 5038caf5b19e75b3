// 販売店と連携する: asks the common ID for the person's consent to a link with a dealer.
import Router from 'koa-router';
import type { PageState } from '../../http/page-context.ts';
import { askedForOf, DEALER_SCOPE, LOGIN_SCOPE, openNotebook, redirect, signedIn, type NotebookDeps } from './notebook.ts';

/** Creates the router for `POST /dealer-link`. */
export function dealerLinkRoutes(deps: NotebookDeps): Router<PageState> {
  const { idp, sessions, current } = deps;
  const router = new Router<PageState>();
  router.post(
    '/dealer-link',
    signedIn(deps, async (ctx, session) => {
      const notebook = await openNotebook(deps, ctx, session);
      if (!notebook) return;
      const { dealer } = notebook;
      // Without a dealer, the person chooses one at the common ID. The tokens are then for UserInfo, which names that dealer.
      const { url, secrets } = await idp.authorizationRequest(
        dealer
          ? {
              scope: DEALER_SCOPE,
              resource: dealer.resource,
              authorization_details: [{ type: 'dealer_link', dealer: dealer.code }],
            }
          : { scope: LOGIN_SCOPE, authorization_details: [{ type: 'dealer_link' }] },
      );
      sessions.keepRequest(current.browser(ctx), {
        ...secrets,
        purpose: 'link',
        resource: dealer?.resource,
        askedFor: dealer && askedForOf({ ...dealer, link: 'active' }),
        returnTo: '/',
      });
      redirect(ctx, url);
    }),
  );
  return router;
}
