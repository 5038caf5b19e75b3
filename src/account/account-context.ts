// The context of the account pages: the router puts the current session on it.
import type Router from 'koa-router';
import type { PageState } from '../http/page-context.ts';
import type { CurrentSession } from '../oidc/sessions/current-session.ts';

export type AccountState = PageState & { session: CurrentSession };
export type AccountContext = Router.RouterContext<AccountState>;

/** Adds pages for signed-in people. Their paths begin with /account. */
export type AddAccountRoutes = (router: Router<AccountState>) => void;

/** Returns a named part of the path. */
export function pathParameter(ctx: AccountContext, name: string): string {
  return String(ctx.params[name]);
}
