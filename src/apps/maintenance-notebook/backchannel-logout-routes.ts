// The common ID tells that somebody has logged out there (OpenID Connect Back-Channel Logout 1.0).
import Router from 'koa-router';
import type { PageState } from '../../http/page-context.ts';
import { formField, readForm } from '../../http/read-form.ts';
import type { Log } from '../../telemetry/log.ts';
import type { IdentityProvider } from './identity-provider.ts';
import type { SessionStore } from './session-store.ts';

/** `POST /backchannel-logout`. It carries no CSRF token: the signature of the logout token is what proves the sender. */
export function backchannelLogoutRoutes(idp: IdentityProvider, sessions: SessionStore, log: Log): Router<PageState> {
  const router = new Router<PageState>();
  router.post('/backchannel-logout', readForm(), async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    try {
      const ended = sessions.removeLoggedOut(await idp.verifyLogoutToken(formField(ctx, 'logout_token')));
      if (ended === undefined) throw new Error('this logout token was used before');
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
