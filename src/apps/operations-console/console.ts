// What every page of the console needs: the operator, the scopes that their roles give, and the menu; and what is answered when the API
// refuses.
import type { ParameterizedContext } from 'koa';
import { CSRF_FIELD } from '../../http/csrf.ts';
import { page, type PageContent, type PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { fieldsOf } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import type { Log } from '../../telemetry/log.ts';
import type { CurrentSession } from '../current-session.ts';
import { IdentityProviderUnavailable, type IdentityProvider } from '../identity-provider.ts';
import { SignInInsufficient } from '../step-up.ts';
import { me as meSchema, type Me, type Scope } from './answers.ts';
import { SessionEnded } from '../fresh-token.ts';
import { ApiRefusal, ApiUnavailable, type OperationsApi } from './operations-api.ts';
import type { Parts, Session, Sessions } from './sessions.ts';

export type ConsoleContext = ParameterizedContext<PageState> & { params: Record<string, string> };

export type ConsoleDeps = {
  sessions: Sessions;
  current: CurrentSession<Parts>;
  idp: IdentityProvider;
  api: OperationsApi;
  /** The console's own origin. */
  origin: string;
  /** The common ID's issuer identifier. */
  issuer: string;
  /** Milliseconds since 1970. */
  clock: () => number;
  log: Log;
};

/** A signed-in operator's request. */
export type Desk = { session: Session; me: Me };

/** The rooms of the console: the scope that a room needs, its path, and the name of its text. */
export const ROOMS = [
  { scope: 'operations:support', href: '/support', name: 'support' },
  { scope: 'operations:migration', href: '/migration', name: 'migration' },
  { scope: 'operations:system', href: '/jobs', name: 'jobs' },
  { scope: 'operations:audit', href: '/audit', name: 'audit' },
] as const satisfies { scope: Scope; href: string; name: string }[];

/** The refusals that have words of their own. */
const NO_ACCESS = ['not_an_operator', 'account_of_operator'] as const;

/** Returns the rooms that an operator may enter. */
export const roomsOf = ({ scopes }: Me): (typeof ROOMS)[number][] => ROOMS.filter(({ scope }) => scopes.includes(scope));

/**
 * Creates a route handler for operators. Nobody else gets to `route`. The API decides at each request: it is asked who the operator is, so
 * that a role that was taken away is gone from the menu, too.
 */
export function signedIn(
  deps: ConsoleDeps,
  route: (ctx: ConsoleContext, desk: Desk) => Promise<void>,
): (ctx: ConsoleContext) => Promise<void> {
  const { current, api } = deps;
  return async function signedInRoute(ctx) {
    const session = current.find(ctx);
    if (!session) return redirect(ctx, '/');
    try {
      await route(ctx, { session, me: await api.get(session, '/me', meSchema) });
    } catch (error) {
      answerFailure(deps, ctx, session, error);
    }
  };
}

/** Answers what the API, or the common ID, has against a request. @throws all other errors */
function answerFailure({ current, sessions, log }: ConsoleDeps, ctx: ConsoleContext, session: Session, error: unknown): void {
  const { t } = ctx.state;
  if (error instanceof SessionEnded) {
    current.end(ctx);
    return redirect(ctx, '/?notice=ended');
  }
  if (error instanceof SignInInsufficient) {
    // The address of a form shows the form, or leads to its page (lead-to-page.ts).
    const returnTo = ctx.method === 'GET' ? ctx.url : ctx.path;
    sessions.save(session.key, 'interrupted', { stepUp: error.stepUp, returnTo, typed: typedIn(ctx) });
    return redirect(ctx, '/confirm-identity');
  }
  if (error instanceof ApiRefusal && error.status === 403) {
    log.info({ request_id: ctx.state.requestId, error: error.code }, 'the operations API refused');
    const code = NO_ACCESS.find((known) => known === error.code) ?? 'no_role';
    page(ctx, 'no-access', {
      kind: 'note',
      title: t(`no_access.${code}.title`),
      text: t(`no_access.${code}.text`),
      isOperator: code !== 'not_an_operator',
    });
    ctx.status = 403;
    return;
  }
  if (error instanceof ApiRefusal && error.status === 404) throw new PageError('not_found', { detail: error.message });
  if (error instanceof ApiUnavailable) {
    const { message: detail, retryAfterSeconds } = error;
    if (error.isLimit) throw new PageError('rate_limited', { detail, retryAfterSeconds: retryAfterSeconds ?? 60 });
    throw new PageError('unavailable', { detail, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) });
  }
  // A page that is too old, or a form that was not made by this page.
  if (error instanceof ApiRefusal) throw new PageError('form_unreadable', { detail: error.message });
  if (error instanceof IdentityProviderUnavailable) throw new PageError('unavailable', { detail: error.message });
  throw error;
}

/** Returns what was typed into a form, without what the program put there. */
function typedIn(ctx: ConsoleContext): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fieldsOf(ctx)).filter(
      (field): field is [string, string] => typeof field[1] === 'string' && field[0] !== CSRF_FIELD,
    ),
  );
}

/** Renders a page of the console: with the menu, the operator, and what there is to tell once. */
export function consolePage(
  { sessions }: ConsoleDeps,
  ctx: ConsoleContext,
  { session, me }: Desk,
  view: string,
  data: PageContent,
): void {
  const { t } = ctx.state;
  const told = sessions.take(session.key, 'told');
  const rooms = roomsOf(me);
  page(ctx, view, {
    kind: 'site',
    menu: [
      ...rooms.map(({ href, name }) => ({
        label: t(`menu.${name}`),
        href,
        current: ctx.path === href || ctx.path.startsWith(`${href}/`),
      })),
      { label: t('menu.logout'), href: '/logout', post: true },
    ],
    person: me.operator,
    told: told && t(`told.${told.key}`, told.values),
    ...data,
  });
}
