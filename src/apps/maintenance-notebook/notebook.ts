// A signed-in person's notebook: their claims from the common ID, and access to their dealer.
import type { ParameterizedContext } from 'koa';
import type { PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import type { Log } from '../../telemetry/log.ts';
import { customerClaims, knownDealer, type CustomerClaims, type KnownDealer } from './customer-claims.ts';
import type { CurrentSession } from '../current-session.ts';
import type { DealerAnswer, Send } from './dealer-client.ts';
import type { Reading } from './dealer-standing.ts';
import { SessionEnded } from '../fresh-token.ts';
import type { FreshTokens } from './fresh-tokens.ts';
import {
  IdentityProviderRefusal,
  IdentityProviderUnavailable,
  type AccessToken,
  type IdentityProvider,
} from '../identity-provider.ts';
import type { StepUp } from '../step-up.ts';
import type { Parts, Session, Sessions } from './sessions.ts';

export type NotebookContext = ParameterizedContext<PageState> & { params: Record<string, string> };

export type NotebookDeps = {
  sessions: Sessions;
  current: CurrentSession<Parts>;
  idp: IdentityProvider;
  freshTokens: FreshTokens;
  /** The keys of sessions whose tokens are being renewed. */
  renewals: Set<string>;
  /** The notebook's own origin. */
  origin: string;
  /** The common ID's issuer identifier. */
  issuer: string;
  dealerSystemOrigin: string;
  ownersSiteOrigin: string;
  /** Whether there is a page about the app of the demo. */
  isDemo: boolean;
  log: Log;
};

export type OpenNotebook = {
  session: Session;
  claims: CustomerClaims;
  /** The common ID does not answer, so these are its earlier claims. */
  stale: boolean;
  dealer: KnownDealer | undefined;
  /** Asks the dealer, if there is one and the session has a token for it. */
  askDealer<T>(question: (resource: string, send: Send) => Promise<DealerAnswer<T>>): Promise<DealerReply<T>>;
};

export type DealerReply<T> = {
  reading: Reading;
  data?: T;
  errors?: Record<string, string> | undefined;
  /** The sign-in that the dealer demands, if the reading is `sign_in_insufficient`. */
  stepUp?: StepUp | undefined;
};

/** The scopes of a login. */
export const LOGIN_SCOPE = 'openid profile email offline_access migration dealer_link';

/** The scopes of a dealer's resource; `offline_access` renews access after an hour. */
export const DEALER_SCOPE = 'openid offline_access service_history contracts booking';

/** Describes a dealer and its link for `DealerAccess.askedFor`. */
export function askedForOf({ code, link }: KnownDealer): string {
  return `${code} ${link === 'active' || link === 'pending' ? 'linked' : 'unlinked'}`;
}

/**
 * Creates a route handler for signed-in people. Others, and people whose session has ended, are sent to the start page.
 */
export function signedIn(
  deps: NotebookDeps,
  route: (ctx: NotebookContext, session: Session) => Promise<void>,
): (ctx: NotebookContext) => Promise<void> {
  const { current } = deps;
  return async function signedInRoute(ctx) {
    const session = current.find(ctx);
    try {
      if (session) await route(ctx, session);
      else redirect(ctx, '/');
    } catch (error) {
      if (error instanceof IdentityProviderUnavailable) {
        throw new PageError('unavailable', { detail: error.message, wayOn: ctx.method === 'GET' ? ctx.path : '/' });
      }
      if (!(error instanceof SessionEnded)) throw error;
      if (session && ctx.method === 'GET' && (await renewTokens(deps, ctx, session))) return;
      current.end(ctx);
      redirect(ctx, '/?notice=ended');
    }
  };
}

/**
 * Requests new tokens without asking the person. Tokens also end when the person ends a dealer link; the login then still stands.
 * @returns `false` if this was tried and the new tokens are refused too, or if the common ID does not answer
 */
async function renewTokens(
  { idp, sessions, current, renewals }: NotebookDeps,
  ctx: NotebookContext,
  session: Session,
): Promise<boolean> {
  if (renewals.has(session.key)) return false;
  const request = await idp.authorizationRequest({ scope: LOGIN_SCOPE, prompt: 'none' }).catch(() => undefined);
  if (!request) return false;
  renewals.add(session.key);
  sessions.keepRequest(current.browser(ctx), { ...request.secrets, purpose: 'renewal', returnTo: ctx.path });
  redirect(ctx, request.url);
  return true;
}

/** Redirects with 303, so that the browser always uses GET. */
export function redirect(ctx: NotebookContext, url: string): void {
  ctx.redirect(url);
  ctx.status = 303;
}

async function currentClaims(
  { idp, sessions, freshTokens, renewals }: NotebookDeps,
  session: Session,
): Promise<{ claims: CustomerClaims; stale: boolean }> {
  try {
    const claims = await idp.userInfo(await freshTokens.forUserInfo(session.key), session.sub, customerClaims);
    sessions.save(session.key, 'claims', claims);
    renewals.delete(session.key);
    return { claims, stale: false };
  } catch (error) {
    if (error instanceof IdentityProviderRefusal) throw new SessionEnded(error.code);
    if (error instanceof IdentityProviderUnavailable && session.parts.claims)
      return { claims: session.parts.claims, stale: true };
    throw error;
  }
}

/**
 * Loads the person's claims. If a dealer is known and no token for it was requested yet, or it was lost, redirects the browser to
 * request one without asking the person (`prompt=none`) and returns undefined; the page is rendered when the browser comes back.
 * @throws {SessionEnded}
 * @throws {IdentityProviderUnavailable} if there are no earlier claims to show
 */
export async function openNotebook(
  deps: NotebookDeps,
  ctx: NotebookContext,
  session: Session,
): Promise<OpenNotebook | undefined> {
  const { idp, sessions, current, freshTokens } = deps;
  const { claims, stale } = await currentClaims(deps, session);
  const dealer = knownDealer(claims, deps.dealerSystemOrigin);
  // First, because a token that cannot be refreshed is requested again on this page. The link stands, so nobody needs to confirm it.
  const token = dealer && (await dealerToken(freshTokens, session, dealer));

  if (dealer && !stale && ctx.method === 'GET' && sessions.find(session.key)?.parts.dealer?.askedFor !== askedForOf(dealer)) {
    const { url, secrets } = await idp.authorizationRequest({ scope: DEALER_SCOPE, resource: dealer.resource, prompt: 'none' });
    sessions.keepRequest(current.browser(ctx), {
      ...secrets,
      purpose: 'dealer',
      resource: dealer.resource,
      askedFor: askedForOf(dealer),
      returnTo: ctx.path,
    });
    redirect(ctx, url);
    return undefined;
  }

  return {
    session,
    claims,
    stale,
    dealer,
    async askDealer(question) {
      if (!dealer || token === undefined) return { reading: 'no_token' };
      if (token === 'unavailable') return { reading: 'unavailable' };
      const answer = await question(dealer.resource, async (url, request) => idp.fetchResource(token, url, request));
      return answer.ok
        ? { reading: 'ok', data: answer.data }
        : { reading: answer.reason, errors: answer.errors, stepUp: answer.stepUp };
    },
  };
}

/** Returns the token, or `unavailable` if it must be refreshed and the common ID does not answer. */
async function dealerToken(
  freshTokens: FreshTokens,
  session: Session,
  dealer: KnownDealer,
): Promise<AccessToken | 'unavailable' | undefined> {
  try {
    return await freshTokens.forDealer(session.key, dealer.resource);
  } catch (error) {
    if (error instanceof IdentityProviderUnavailable) return 'unavailable';
    throw error;
  }
}
