// ② The top page: the banner, news, and notices to this user.
import { PageError } from '../../../http/page-error.ts';
import { bannerOf, currentState } from '../banner.ts';
import { formatDay, japanDay } from '../japan-day.ts';
import type { Notice } from '../notices.ts';
import { signedIn } from '../session-cookie.ts';
import { fullName, hasEnded, seeOther, sitePage, sunsetOf, type Site, type SiteContext, type SiteRouter } from '../site.ts';

/** Adds the routes of the top page and the notices. */
export function homeRoutes(router: SiteRouter, site: Site): void {
  const { notices, bookings, migrations, commonId, clock } = site;

  function shownNotice(notice: Notice, language: SiteContext['state']['language']) {
    const day = japanDay(notice.published_at);
    return {
      id: notice.id,
      title: notice.title[language],
      text: notice.body[language],
      day,
      dayText: formatDay(day, language),
      unread: notice.read_at === undefined,
    };
  }

  router.get(
    '/',
    signedIn(async (ctx, user) => {
      if (hasEnded(site)) return seeOther(ctx, '/migration');
      const { t, language } = ctx.state;
      const sunset = sunsetOf(site);
      const banner = bannerOf(await currentState(site, user), migrations.find(user.id));
      const [next] = bookings.listOf(user.id, japanDay(clock()));
      ctx.state.formTargets = [commonId.origin];
      return sitePage(ctx, site, 'home', {
        title: t('home.title'),
        fullName: fullName(user),
        banner,
        sunset: sunset && { ...sunset, dayText: formatDay(sunset.day, language) },
        notices: notices.listOf(user.id).map((notice) => shownNotice(notice, language)),
        vehicles: user.profile.vehicles,
        dealerName: user.profile.dealer?.name[language],
        nextBooking: next && { ...next, dayText: formatDay(next.day, language) },
      });
    }),
  );

  router.get(
    '/notices/:id',
    signedIn((ctx, user) => {
      if (hasEnded(site)) return seeOther(ctx, '/migration');
      const id = /^\d{1,12}$/.test(String(ctx.params.id)) ? Number(ctx.params.id) : 0;
      const notice = notices.read(user.id, id);
      if (!notice) throw new PageError('not_found');
      const shown = shownNotice(notice, ctx.state.language);
      return sitePage(ctx, site, 'notice', { title: shown.title, notice: shown });
    }),
  );
}
