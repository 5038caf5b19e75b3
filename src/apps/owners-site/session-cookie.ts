// Carries the session between browser and server, and turns away whoever is not signed in.
import type { Middleware } from 'koa';
import type { PageContext } from '../../http/page-context.ts';
import { seeOther, type Site, type SiteState } from './site.ts';

const COOKIE = 'session';

/** Gives the browser the token of its session, or takes it away. Ends with the browser: no lifetime. */
export function setSessionCookie(ctx: PageContext, site: Site, token: string | undefined): void {
  setCookie(ctx, site, COOKIE, token);
}

/** A cookie of ours; without a value it is taken away. */
export function setCookie(ctx: PageContext, site: Site, name: string, value: string | undefined, maxAge?: number): void {
  ctx.cookies.set(site.cookieName(name), value ?? null, {
    httpOnly: true,
    sameSite: 'lax',
    secure: site.origin.startsWith('https:'),
    path: '/',
    ...(maxAge === undefined ? {} : { maxAge }),
  });
}

/** Finds out whose browser it is. */
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

/** What is behind it is for somebody who is signed in; others get the login page. */
export const signedIn: Middleware<SiteState> = async function requireUser(ctx, next) {
  if (ctx.state.user) await next();
  else seeOther(ctx, '/login');
};
