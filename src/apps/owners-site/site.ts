// The dependencies of the owners site's routes, and the common parts of its pages.
import type Router from 'koa-router';
import { page, type PageContext, type PageContent, type PageState } from '../../http/page-context.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Bookings } from './bookings.ts';
import type { CommonId } from './common-id.ts';
import type { Mailer } from './mailer.ts';
import type { Migrations } from './migrations.ts';
import type { Notices } from './notices.ts';
import type { RememberedUsers } from './remembered-users.ts';
import type { ResetTokens } from './reset-tokens.ts';
import type { Session, Sessions } from './sessions.ts';
import { sunsetAt, type Sunset } from './sunset.ts';
import type { Tries } from './tries.ts';
import type { User, Users } from './users.ts';

export type Site = {
  origin: string;
  /** The common ID's issuer identifier. */
  issuer: string;
  notebookOrigin: string;
  appStoreUrl: string;
  googlePlayUrl: string;
  sunset: string | undefined;
  cookieName: (name: string) => string;
  users: Users;
  sessions: Sessions;
  remembered: RememberedUsers;
  resetTokens: ResetTokens;
  tries: Tries;
  notices: Notices;
  bookings: Bookings;
  migrations: Migrations;
  commonId: CommonId;
  mailer: Mailer;
  clock: () => number;
  log: Log;
};

/** `session` belongs to this browser; `user` is set while signed in. */
export type SiteState = PageState & { session?: Session; user?: User };
export type SiteRouter = Router<SiteState>;
export type SiteContext = PageContext & { state: SiteState };
export type SiteRouteContext = SiteContext & { params: Record<string, string> };

/** Returns the user's full name, family name first. */
export function fullName({ profile }: User): string {
  return `${profile.family_name} ${profile.given_name}`;
}

/** Returns the site's end as of now, if one is set. */
export function sunsetOf(site: Site): Sunset | undefined {
  return sunsetAt(site.clock(), site.sunset);
}

/** Whether the site has ended and only offers the way to the common ID. */
export function hasEnded(site: Site): boolean {
  return (sunsetOf(site)?.daysLeft ?? 0) < 0;
}

/** Redirects after a POST with 303, so that the browser uses GET. */
export function seeOther(ctx: PageContext, target: string): void {
  ctx.redirect(target);
  ctx.status = 303;
}

/** Renders a page for a signed-in user, with their name and the menu. */
export function sitePage(ctx: SiteContext, site: Site, view: string, data: PageContent): void {
  const { t, user } = ctx.state;
  const links = [
    { label: t('menu.booking'), href: '/booking' },
    { label: t('menu.home'), href: '/' },
  ].map((link) => ({ ...link, current: link.href === ctx.path }));
  page(ctx, view, {
    ...data,
    kind: 'site',
    person: user && fullName(user),
    menu: [...(hasEnded(site) ? [] : links), { label: t('menu.logout'), href: '/logout', post: true }],
  });
}
