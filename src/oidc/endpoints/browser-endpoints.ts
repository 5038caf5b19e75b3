// The endpoints of oidc-provider that browsers open: authorization and logout.
import type Koa from 'koa';
import compose from 'koa-compose';
import mount from 'koa-mount';
import type Provider from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import { isFromAnotherSite } from '../../http/csrf.ts';
import type { PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { createDealerReminder } from '../grants/tell-dealer-again.ts';
import { createInteractionBinding } from '../policy/interaction-url.ts';
import { createUnfinishedLimit } from './request-bounds.ts';
import { allowFormPost, createLogoutSource } from './pages.ts';
import { isHandledByProvider } from '../provider-context.ts';
import { createPushedRequestBinding } from './pushed-request-browser.ts';

/** Makes the middleware that runs oidc-provider and replaces its built-in pages with ours. Other paths go on to `next`. */
export function createBrowserEndpoints(
  provider: Provider,
  deps: Pick<Deps, 'config' | 'clients' | 'storage' | 'clock' | 'jobs'>,
): Koa.Middleware<PageState> {
  const { config, clients } = deps;
  const showLogout = createLogoutSource(clients);
  const endpoints: Koa.Middleware<PageState>[] = [
    async function refuseLogoutFromElsewhere(ctx, next) {
      // oidc-provider's only form. It has a CSRF token of its own; this check is a second line of defense, as at our forms.
      if (ctx.path === '/session/end/confirm' && isFromAnotherSite(ctx, config.issuer)) {
        throw new PageError('csrf', { detail: 'the post came from another site' });
      }
      await next();
    },
    async function finishPages(ctx, next) {
      await next();
      if (!isHandledByProvider(ctx)) return;
      const { oidc, body } = ctx;
      // If nobody is signed in, oidc-provider renders a bare page that submits itself by script.
      if (oidc.route === 'end_session' && typeof body === 'string' && !oidc.session?.accountId && ctx.status === 200)
        showLogout(ctx, body);
      allowFormPost(ctx);
    },
    createUnfinishedLimit(deps),
    createPushedRequestBinding(deps),
    createInteractionBinding(deps),
    createDealerReminder(deps),
    mount(provider),
  ];
  return compose(endpoints);
}
