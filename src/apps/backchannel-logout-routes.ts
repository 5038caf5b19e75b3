// Receives logout tokens from the common ID (OpenID Connect Back-Channel Logout 1.0).
import Router from 'koa-router';
import type { PageState } from '../http/page-context.ts';
import { formField, readForm } from '../http/read-form.ts';
import type { Log } from '../telemetry/log.ts';
import type { IdentityProvider, LogoutToken } from './identity-provider.ts';

/** Creates the router for `POST /backchannel-logout`. It needs no CSRF token: the logout token's signature proves the sender. */
export function backchannelLogoutRoutes(
  idp: Pick<IdentityProvider, 'verifyLogoutToken'>,
  sessions: { removeLoggedOut(token: LogoutToken): number | undefined },
  log: Log,
): Router<PageState> {
  const router = new Router<PageState>();
  router.post('/backchannel-logout', readForm(), async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    try {
      const ended = sessions.removeLoggedOut(await idp.verifyLogoutToken(formField(ctx, 'logout_token')));
      if (ended === undefined) throw new Error('this logout token was already used');
      log.info({ ended }, 'logged out at the common ID');
      ctx.body = '';
      ctx.status = 200;
    } catch (error) {
      log.warn({ detail: error instanceof Error ? error.message : String(error) }, 'logout token refused');
      ctx.status = 400;
      ctx.body = { error: 'invalid_request', error_description: 'The logout token is not valid.' };
    }
  });
  return router;
}
