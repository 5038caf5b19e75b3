// Login with the common ID, its callback, and logout at both.
import Router from 'koa-router';
import { page, type PageState } from '../../http/page-context.ts';
import { pathOfOurs } from '../../http/path-of-ours.ts';
import { PageError } from '../../http/page-error.ts';
import { IdentityProviderRefusal, IdentityProviderUnavailable, type Login } from '../identity-provider.ts';
import { LOGIN_SCOPE, redirect, signedIn, type NotebookContext, type NotebookDeps } from './notebook.ts';
import type { PendingRequest, Session } from './sessions.ts';

/** Creates the router for `/login`, `/callback` and `/logout`. */
export function loginRoutes(deps: NotebookDeps): Router<PageState> {
  const { sessions, current, idp, log, renewals } = deps;
  const router = new Router<PageState>();

  // Also the login that the common ID's list of services starts (OpenID Connect Core 1.0, section 4): with `iss` and `target_link_uri`.
  router.get('/login', async (ctx) => {
    const { iss, login_hint: hint } = ctx.query;
    if (iss !== undefined && iss !== deps.issuer) return loginFailed(ctx);
    const returnTo = pathOfOurs(ctx.query.target_link_uri, deps.origin) ?? '/';
    if (current.find(ctx)) return redirect(ctx, returnTo);
    const loginHint = typeof hint === 'string' ? hint : undefined;
    const { url, secrets } = await idp.authorizationRequest({ scope: LOGIN_SCOPE, loginHint }).catch((error: Error) => {
      throw new PageError('unavailable', { detail: error.message, wayOn: '/login' });
    });
    sessions.keepRequest(current.browser(ctx), { ...secrets, purpose: 'login', returnTo });
    redirect(ctx, url);
  });

  router.get('/callback', async (ctx) => {
    const { state } = ctx.query;
    const request = typeof state === 'string' ? sessions.takeRequest(current.browser(ctx), state) : undefined;
    // This browser did not start the request, or the response was already used: the back button, or somebody else's link.
    if (!request) return current.find(ctx) ? redirect(ctx, '/') : loginFailed(ctx);
    try {
      const login = await idp.redeem(ctx.url, request, request.resource);
      if (request.purpose === 'login') {
        if (!current.start(ctx, login)) return loginFailed(ctx);
        redirect(ctx, request.returnTo);
      } else takeAccess(ctx, request, login);
    } catch (error) {
      if (error instanceof IdentityProviderRefusal) refused(ctx, request, error.code);
      else if (!(error instanceof IdentityProviderUnavailable)) throw error;
      else if (request.purpose === 'dealer') refused(ctx, request, 'unavailable');
      else {
        const wayOn = request.purpose === 'login' ? '/login' : '/';
        throw new PageError('unavailable', { detail: error.message, wayOn });
      }
    }
  });

  router.post(
    '/logout',
    signedIn(deps, async (ctx, session) => {
      current.end(ctx);
      const url = await idp.logoutUrl(session.idToken).catch(() => '/?notice=logged_out');
      redirect(ctx, url);
    }),
  );

  function loginFailed(ctx: NotebookContext): void {
    log.info({ request_id: ctx.state.requestId }, 'login not completed');
    page(ctx, 'login-failed', { kind: 'note', title: ctx.state.t('login_failed.title') });
    ctx.status = 400;
  }

  /** Stores the tokens of a response in the existing session. */
  function takeAccess(ctx: NotebookContext, request: PendingRequest, login: Login): void {
    const session = current.find(ctx);
    if (session?.sub !== login.sub) {
      // Another person has signed in at the common ID; their tokens must not enter this session.
      current.end(ctx);
      return redirect(ctx, '/?notice=ended');
    }
    sessions.renew(session.key, login);
    if (request.resource === undefined) sessions.saveTokens(session.key, login.tokens);
    else {
      sessions.save(session.key, 'dealer', { resource: request.resource, askedFor: request.askedFor, tokens: login.tokens });
    }
    if (request.purpose === 'link') sessions.save(session.key, 'notice_shown_once', 'linked');
    redirect(ctx, request.returnTo);
  }

  function refused(ctx: NotebookContext, request: PendingRequest, code: string): void {
    const session = current.find(ctx);
    log.info({ request_id: ctx.state.requestId, purpose: request.purpose, error: code }, 'authorization refused');
    if (request.purpose === 'login') {
      return code === 'access_denied' ? redirect(ctx, '/?notice=refused') : loginFailed(ctx);
    }
    if (request.purpose === 'renewal') {
      // The login has ended too.
      if (session) renewals.delete(session.key);
      current.end(ctx);
      return redirect(ctx, '/?notice=ended');
    }
    if (session && request.purpose === 'dealer') rememberRefusal(session, request);
    if (session && request.purpose === 'step_up') sessions.save(session.key, 'notice_shown_once', 'not_confirmed');
    if (session && request.purpose === 'link') {
      sessions.save(session.key, 'notice_shown_once', code === 'access_denied' ? 'link_refused' : 'link_failed');
    }
    redirect(ctx, request.returnTo);
  }

  /** Remembers the refusal, so that the same request is not repeated. The page is shown with the tokens that the session has. */
  function rememberRefusal(session: Session, { resource, askedFor }: PendingRequest): void {
    if (resource === undefined) return;
    const tokens = session.parts.dealer?.resource === resource ? session.parts.dealer.tokens : undefined;
    sessions.save(session.key, 'dealer', { resource, askedFor, tokens });
  }

  return router;
}
