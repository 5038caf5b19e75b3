// Answers the endpoints of oidc-provider that programs call, without what is done for pages: their language, their cookies, their forms.
import type Koa from 'koa';
import mount from 'koa-mount';
import type Provider from 'oidc-provider';
import type { PageState } from '../http/page-context.ts';
import { DISCOVERY_PATHS } from './discovery.ts';

/** oidc-provider's names of the others. */
const ROUTES = ['jwks', 'token', 'userinfo', 'introspection', 'revocation', 'pushed_authorization_request'];

/** Passes on whatever is none of these, and what oidc-provider itself does not answer, such as another method. */
export function createProgramEndpoints(provider: Provider): Koa.Middleware<PageState> {
  const paths = new Set([...DISCOVERY_PATHS, ...ROUTES.map((route) => provider.pathFor(route))]);
  const answer = mount(provider) as unknown as Koa.Middleware<PageState>;
  return async function answerPrograms(ctx, next) {
    return paths.has(ctx.path) ? answer(ctx, next) : next();
  };
}
