// Leads requests below `/operations/` to the operations API, which is loaded at the first of them: customers never need it.
import type { Middleware } from 'koa';
import type Provider from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import type { PageState } from '../../http/page-context.ts';

/** Makes the middleware. */
export function mountOperationsApi(provider: Provider, deps: Deps): Middleware<PageState> {
  let api: Promise<Middleware<PageState>> | undefined;
  return async function answerOperations(ctx, next) {
    if (ctx.path !== '/operations' && !ctx.path.startsWith('/operations/')) return next();
    api ??= import('./operations-api.ts').then(({ createOperationsApi }) => createOperationsApi(provider, deps));
    return (await api)(ctx, next);
  };
}
