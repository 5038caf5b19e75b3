// Renders a page for a signed-in person, with the menu, their name and a one-time notice.
import { page } from '../../http/page-context.ts';
import { LOCALE_OF, type Language } from '../../language.ts';
import { canLink, dealerStanding, type Reading } from './dealer-standing.ts';
import type { NotebookContext, NotebookDeps, OpenNotebook } from './notebook.ts';

const MENU = [
  { label: 'menu.home', href: '/' },
  { label: 'menu.bookings', href: '/bookings' },
  { label: 'menu.contracts', href: '/contracts' },
  { label: 'menu.logout', href: '/logout', post: true },
];

/**
 * Renders the view with the data and `dealer` (name, standing, times).
 * @param reading the dealer's answer to this page's request
 * @param dealerName the dealer's own name in the person's language; defaults to the name from the common ID
 */
export function signedInPage(
  { sessions, ownersSiteOrigin }: NotebookDeps,
  ctx: NotebookContext,
  { session, claims, stale, dealer }: OpenNotebook,
  view: string,
  { reading, dealerName, ...data }: { reading: Reading; dealerName?: string | undefined; title: string; [name: string]: unknown },
): void {
  const { t, language } = ctx.state;
  const standing = dealerStanding(dealer, reading);
  const notice = sessions.take(session.key, 'notice_shown_once');
  page(ctx, view, {
    kind: 'site',
    menu: MENU.map((item) => ({ ...item, label: t(item.label), current: item.href === ctx.path })),
    person: claims.name ?? claims.email ?? undefined,
    notice: notice && t(`notices.${notice}`, { dealer: dealerName ?? dealer?.name[language] ?? '' }),
    stale,
    ownersSiteOrigin,
    dealer: {
      name: dealerName ?? dealer?.name[language],
      standing,
      canLink: canLink(standing),
      linkedAt: dealer?.linkedAt && standing === 'active' ? dayInJapan(dealer.linkedAt, language) : undefined,
    },
    ...data,
  });
}

/** Formats the day of a moment (ISO 8601) in Japan, where the dealers are. */
function dayInJapan(moment: string, language: Language): string {
  return new Intl.DateTimeFormat(LOCALE_OF[language], { dateStyle: 'long', timeZone: 'Asia/Tokyo' }).format(new Date(moment));
}

/** Formats a date (`YYYY-MM-DD`) in the person's language. */
export function longDate(date: string, language: Language): string {
  return new Intl.DateTimeFormat(LOCALE_OF[language], { dateStyle: 'long', timeZone: 'UTC' }).format(
    new Date(`${date}T00:00:00Z`),
  );
}

/** Formats a month (`YYYY-MM`, or a date) in the person's language. */
export function longMonth(month: string, language: Language): string {
  const format = new Intl.DateTimeFormat(LOCALE_OF[language], { year: 'numeric', month: 'long', timeZone: 'UTC' });
  return format.format(new Date(`${month.slice(0, 7)}-01T00:00:00Z`));
}
