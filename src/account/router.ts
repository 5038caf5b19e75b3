// Mounts the account pages. /password/forgotten, the undo links of an address change and of a migration, the links about a new browser and about
// a lost second factor, and the page after a withdrawal are
// public; the rest of /account requires a session at the common ID.
import compose from 'koa-compose';
import Router from 'koa-router';
import type { Middleware } from 'koa';
import type Provider from 'oidc-provider';
import type { Deps } from '../deps.ts';
import type { PageState } from '../http/page-context.ts';
import { leadToPage } from '../http/lead-to-page.ts';
import { PageError } from '../http/page-error.ts';
import { redirect } from '../http/redirect.ts';
import { createAccountAccess } from '../oidc/sessions/account-access.ts';
import { ACCOUNT_CALLBACK_PATH, accountLoginUrl } from '../oidc/clients/account-client.ts';
import { createNoteUse } from '../oidc/sessions/last-uses.ts';
import { currentSession } from '../oidc/sessions/current-session.ts';
import type { AccountState } from './account-context.ts';
import { addUnsubscribeRoutes } from './campaign-mails/unsubscribe.ts';
import { createDealerLinkPages } from './dealer-links/routes.ts';
import { createEmailPages } from './email/routes.ts';
import { addUndoRoutes } from './email/undo-routes.ts';
import { addMigrationUndoRoutes } from './migration/undo-routes.ts';
import { addForgottenRoutes } from './forgotten/routes.ts';
import { createHistoryPage } from './history/routes.ts';
import { createHomePage } from './home/routes.ts';
import { addLostMailboxRoutes } from './lost-mailbox/routes.ts';
import { addStopRoutes, createStopPage } from './lost-mailbox/stop-routes.ts';
import { createMobileNumberPages } from './mobile-number/routes.ts';
import { createMyDataPages } from './my-data/routes.ts';
import { createPasskeyPages } from './passkeys/routes.ts';
import { createPasswordPage } from './password/routes.ts';
import { createProfilePage } from './profile/routes.ts';
import { createSecondFactorPages } from './second-factor/routes.ts';
import { addSecondFactorStopRoutes } from './second-factor/stop-routes.ts';
import { createServicePages } from './services/routes.ts';
import { createSessionPages } from './sessions/routes.ts';
import { addSignInReportRoutes } from './sign-in-report/routes.ts';
import { addWithdrawnRoute, createWithdrawalPage } from './withdrawal/routes.ts';

/** A path of an account page. It cannot be read as a URL of another site, so it is no open redirect. */
const ACCOUNT_PAGE = /^\/account(?:\/[\w-]+)*$/;

/** Makes the middleware that serves the account pages. */
export function createAccountRouter(deps: Deps, provider: Provider, forms: Middleware<PageState>[]): Middleware<PageState> {
  const access = createAccountAccess(provider, deps);
  const open = new Router<PageState>();
  for (const middleware of forms) open.use(middleware);
  addForgottenRoutes(open, deps, provider, access);
  addLostMailboxRoutes(open, deps);
  addStopRoutes(open, deps);
  addUndoRoutes(open, deps, access);
  addMigrationUndoRoutes(open, deps);
  addSignInReportRoutes(open, deps, access);
  addUnsubscribeRoutes(open, deps);
  addWithdrawnRoute(open, deps);
  addSecondFactorStopRoutes(open, deps);
  open.get(ACCOUNT_CALLBACK_PATH, (ctx) => {
    const { state, error } = ctx.query;
    // The person cancelled the sign-in; /account would ask again.
    if (error !== undefined) return redirect(ctx, '/');
    return redirect(ctx, typeof state === 'string' && ACCOUNT_PAGE.test(state) ? state : '/account');
  });

  const signedIn = new Router<AccountState>();
  for (const middleware of forms) signedIn.use(middleware);
  signedIn.use(requireSession(deps, provider));
  for (const addRoutes of [
    createHomePage(deps, access),
    createProfilePage(deps),
    createPasswordPage(deps, access),
    createPasskeyPages(deps),
    createSecondFactorPages(deps),
    createEmailPages(deps, access),
    createMobileNumberPages(deps),
    createDealerLinkPages(deps, access),
    createServicePages(deps, access),
    createSessionPages(deps, access),
    createHistoryPage(deps),
    createMyDataPages(deps, access),
    createWithdrawalPage(deps, access),
    createStopPage(deps),
  ]) {
    addRoutes(signedIn);
  }

  const methodNotAllowed = (): PageError => new PageError('method_not_allowed');
  const refuse = { throw: true, methodNotAllowed, notImplemented: methodNotAllowed };
  return compose([
    open.routes(),
    leadToPage(open),
    open.allowedMethods(refuse),
    signedIn.routes(),
    leadToPage(signedIn),
    signedIn.allowedMethods(refuse),
  ] as Middleware<PageState>[]);
}

/** Puts the current session on the context. Without one, it redirects to the login, which leads back to the requested page. */
function requireSession(deps: Deps, provider: Provider): Middleware<AccountState> {
  const noteUse = createNoteUse(deps);
  return async function requireSessionAtTheId(ctx, next) {
    // Pages set it themselves; files would not.
    ctx.set('Cache-Control', 'no-store');
    const session = await currentSession(provider, ctx, deps);
    if (!session) {
      const wanted = ctx.method === 'GET' ? ctx.path : '/account';
      return redirect(ctx, accountLoginUrl(deps.config.issuer, ctx.state.language, wanted));
    }
    ctx.state.session = session;
    await noteUse(session.account.id, { what: 'browser', name: session.uid });
    return next();
  };
}
