// The session cookie, and the check that a person is signed in.
import type { Middleware } from 'koa';
import type { PageContext } from '../../http/page-context.ts';
import type { Session } from './sessions.ts';
import { seeOther, type Site, type SiteRouteContext, type SiteState } from './site.ts';
import type { User } from './users.ts';

const COOKIE = 'session';

/** Sets or clears the session cookie. It has no lifetime, so it ends with the browser. */
export function setSessionCookie(ctx: PageContext, site: Site, token: string | undefined): void {
  setCookie(ctx, site, COOKIE, token);
}

/** Sets a cookie with our attributes, or clears it if there is no value. */
export function setCookie(ctx: PageContext, site: Site, name: string, value: string | undefined, maxAge?: number): void {
  ctx.cookies.set(site.cookieName(name), value ?? null, {
    httpOnly: true,
    sameSite: 'lax',
    secure: site.origin.startsWith('https:'),
    path: '/',
    ...(maxAge === undefined ? {} : { maxAge }),
  });
}

/** Creates middleware that puts the browser's session and user onto `ctx.state`. */
export function loadSession(site: Site): Middleware<SiteState> {
  return async function findSession(ctx, next) {
    const token = ctx.cookies.get(site.cookieName(COOKIE));
    const session = token === undefined ? undefined : site.sessions.find(token);
    const user = session?.user_id === undefined ? undefined : site.users.find(session.user_id);
    if (session) ctx.state.session = session;
    if (user) ctx.state.user = user;
    await next();
  };
}

/** Makes a route for a signed-in user; others are sent to the login page. */
export function signedIn(
  route: (ctx: SiteRouteContext, user: User, session: Session) => void | Promise<void>,
): (ctx: SiteRouteContext) => Promise<void> {
  return async function requireUser(ctx) {
    const { user, session } = ctx.state;
    if (user && session) await route(ctx, user, session);
    else seeOther(ctx, '/login');
  };
}
