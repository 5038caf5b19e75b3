// What the customer's own pages find on the context: who is there, looked up once by the router.
import type { ParameterizedContext } from 'koa';
import type Router from 'koa-router';
import type { PageState } from '../http/page-context.ts';
import type { CurrentSession } from '../oidc/sessions/current-session.ts';

export type AccountState = PageState & { session: CurrentSession };
export type AccountContext = ParameterizedContext<AccountState>;

/** Adds pages for somebody who is signed in; their paths begin with /account. */
export type AddAccountRoutes = (router: Router<AccountState>) => void;

/** A part of the path that its route names. */
export function pathParameter(ctx: AccountContext, name: string): string {
  return String((ctx as unknown as { params: Record<string, string> }).params[name]);
}
