// Sign-in with the common ID, its callback, a stronger sign-in where the API asks for one, and sign-out at both.
import Router from 'koa-router';
import { page, type PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { pathOfOurs } from '../../http/path-of-ours.ts';
import { redirect } from '../../http/redirect.ts';
import { IdentityProviderRefusal, IdentityProviderUnavailable, type Login } from '../identity-provider.ts';
import type { StepUp } from '../step-up.ts';
import { SCOPES } from './answers.ts';
import type { ConsoleContext, ConsoleDeps } from './console.ts';
import type { PendingRequest } from './sessions.ts';

/** The scopes of the operations API. A token gets only those for which the operator has a role. */
const SCOPE = ['openid', 'offline_access', ...SCOPES].join(' ');
/** Every operator signs in with a second factor (RFC 9470). */
const SECOND_FACTOR: StepUp = { acrValues: 'urn:common-id:acr:mfa phr' };

/** Creates the router for `/login`, `/callback`, `/confirm-identity` and `/logout`. */
export function loginRoutes(deps: ConsoleDeps): Router<PageState> {
  const { sessions, current, idp, issuer, log } = deps;
  const resource = `${issuer}/operations`;
  const router = new Router<PageState>();

  async function begin(ctx: ConsoleContext, purpose: PendingRequest['purpose'], returnTo: string, stepUp: StepUp): Promise<void> {
    const { url, secrets } = await idp.authorizationRequest({ scope: SCOPE, resource, stepUp }).catch((error: Error) => {
      throw new PageError('unavailable', { detail: error.message, wayOn: '/' });
    });
    sessions.keepRequest(current.browser(ctx), { ...secrets, purpose, returnTo });
    redirect(ctx, url);
  }

  // Also the login that the common ID's list of services starts (OpenID Connect Core 1.0, section 4): with `iss` and `target_link_uri`.
  router.get('/login', async (ctx) => {
    const { iss } = ctx.query;
    if (iss !== undefined && iss !== issuer) return loginFailed(ctx);
    const returnTo = pathOfOurs(ctx.query.target_link_uri, deps.origin) ?? '/';
    if (current.find(ctx)) return redirect(ctx, returnTo);
    await begin(ctx, 'login', returnTo, SECOND_FACTOR);
  });

  router.get('/callback', async (ctx) => {
    const { state } = ctx.query;
    const request = typeof state === 'string' ? sessions.takeRequest(current.browser(ctx), state) : undefined;
    // This browser did not start the request, or the response was already used: the back button, or another person's link.
    if (!request) return current.find(ctx) ? redirect(ctx, '/') : loginFailed(ctx);
    let login: Login;
    try {
      login = await idp.redeem(ctx.url, request, resource);
    } catch (error) {
      if (error instanceof IdentityProviderUnavailable)
        throw new PageError('unavailable', { detail: error.message, wayOn: '/login' });
      if (!(error instanceof IdentityProviderRefusal)) throw error;
      return refused(ctx, request, error.code);
    }
    if (request.purpose === 'step_up') return confirmed(ctx, request, login);
    if (!current.start(ctx, login)) return loginFailed(ctx);
    redirect(ctx, request.returnTo);
  });

  // It asks the API nothing, which would ask for the stronger sign-in again.
  router.get('/confirm-identity', (ctx) => {
    if (!current.find(ctx)?.parts.interrupted) return redirect(ctx, '/');
    page(ctx, 'confirm-identity', { kind: 'note', title: ctx.state.t('confirm_identity.title') });
  });

  router.post('/confirm-identity', async (ctx) => {
    const interrupted = current.find(ctx)?.parts.interrupted;
    if (!interrupted) return redirect(ctx, '/');
    await begin(ctx, 'step_up', interrupted.returnTo, interrupted.stepUp);
  });

  router.post('/logout', async (ctx) => {
    const session = current.find(ctx);
    current.end(ctx);
    const url = session && (await idp.logoutUrl(session.idToken).catch(() => undefined));
    redirect(ctx, url ?? '/?notice=logged_out');
  });

  function loginFailed(ctx: ConsoleContext): void {
    log.info({ request_id: ctx.state.requestId }, 'login not completed');
    page(ctx, 'login-failed', { kind: 'note', title: ctx.state.t('login_failed.title') });
    ctx.status = 400;
  }

  /** Puts the tokens of the stronger sign-in into the session, and goes on where it was interrupted, with what was typed. */
  function confirmed(ctx: ConsoleContext, request: PendingRequest, login: Login): void {
    const session = current.find(ctx);
    if (session?.sub !== login.sub) {
      // Another operator has signed in at the common ID; their tokens must not enter this session.
      current.end(ctx);
      return redirect(ctx, '/?notice=ended');
    }
    sessions.renew(session.key, login);
    sessions.saveTokens(session.key, login.tokens);
    const interrupted = sessions.take(session.key, 'interrupted');
    if (interrupted) sessions.save(session.key, 'typed', interrupted.typed);
    redirect(ctx, request.returnTo);
  }

  function refused(ctx: ConsoleContext, { purpose }: PendingRequest, code: string): void {
    log.info({ request_id: ctx.state.requestId, purpose, error: code }, 'authorization refused');
    const session = current.find(ctx);
    if (session && purpose === 'step_up') {
      sessions.save(session.key, 'told', { key: 'not_confirmed' });
      return redirect(ctx, '/');
    }
    if (code === 'access_denied') return redirect(ctx, '/?notice=refused');
    loginFailed(ctx);
  }

  return router;
}
