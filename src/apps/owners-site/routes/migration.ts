// ③ 移行のご案内, the redirects to the common ID and back, and the final page.
import { AuthorizationResponseError } from 'openid-client';
import { page } from '../../../http/page-context.ts';
import { PageError } from '../../../http/page-error.ts';
import { formField } from '../../../http/read-form.ts';
import { bannerOf, currentState } from '../banner.ts';
import { describeError } from '../describe-error.ts';
import { formatDay } from '../japan-day.ts';
import type { Way } from '../migrations.ts';
import { signedIn } from '../session-cookie.ts';
import { hasEnded, seeOther, sitePage, sunsetOf, type Site, type SiteContext, type SiteRouter } from '../site.ts';

/** The ways in which an attempt can fail, and the status of the page that says so. */
const PROBLEMS = { cancelled: 200, lost: 400, failed: 400 } as const;

/**
 * The pages of the whole journey: ③, those of the common ID and the end page. For a new ID these are ④ to ⑭ and the login; for an
 * existing one ⑩, the login and ⑪ to ⑭. The common ID counts in the same way (`journeyProgress`), with what this site requests and requires.
 */
const JOURNEY_PAGES: Readonly<Record<Way, number>> = { new: 14, existing: 8 };

/** Adds the routes of the migration: its start, the callback and the final page. */
export function migrationRoutes(router: SiteRouter, site: Site): void {
  const { migrations, sessions, commonId } = site;

  router.get(
    '/migration',
    signedIn(async (ctx, user) => {
      const banner = bannerOf(await currentState(site, user), migrations.find(user.id));
      if (!banner) return seeOther(ctx, '/migration/completed');
      const sunset = sunsetOf(site);
      ctx.state.formTargets = [commonId.origin];
      ctx.state.progressAt = () => ({ at: 1, of: JOURNEY_PAGES[banner.continues ?? 'new'] });
      return sitePage(ctx, site, 'migration', {
        title: ctx.state.t('migration.title'),
        banner,
        sunset: sunset && { ...sunset, dayText: formatDay(sunset.day, ctx.state.language) },
      });
    }),
  );

  router.post(
    '/migration',
    signedIn(async (ctx, user, session) => {
      const way = formField(ctx, 'way') === 'new' ? 'new' : 'existing';
      const { url, attempt } = await commonId
        .requestMigration(user, session.auth_time, way, ctx.state.language)
        .catch((cause: unknown) => {
          const detail = `the common ID did not accept the request: ${describeError(cause)}`;
          throw new PageError('unavailable', { cause, detail, wayOn: '/migration' });
        });
      // The person may have logged out in another tab in the meantime.
      const started = migrations.start(session.id, user.id, way, attempt);
      seeOther(ctx, started ? url.href : '/login');
    }),
  );

  function problem(ctx: SiteContext, what: keyof typeof PROBLEMS): void {
    const { t, requestId } = ctx.state;
    site.log.info({ request_id: requestId, problem: what }, 'migration not completed');
    page(ctx, 'migration-problem', {
      kind: 'note',
      title: t(`migration_problem.${what}.title`),
      text: t(`migration_problem.${what}.text`),
      icon: what === 'failed' ? 'error' : 'info',
    });
    ctx.status = PROBLEMS[what];
  }

  router.get('/callback', async (ctx) => {
    const { user, session } = ctx.state;
    const state = typeof ctx.query.state === 'string' ? ctx.query.state : '';
    const attempt = session && migrations.take(session.id, state);
    if (!user || !session || !attempt) {
      // “Back” and “reload” after the end lead here again.
      if (user && migrations.find(user.id)?.completed_at !== undefined) return seeOther(ctx, '/migration/completed');
      return problem(ctx, 'lost');
    }
    try {
      const { idToken, dealerLink } = await commonId.redeem(ctx.search, attempt);
      migrations.complete(user.id, dealerLink);
      sessions.keepIdToken(session.id, idToken);
    } catch (error) {
      const answered = error instanceof AuthorizationResponseError ? error.error : undefined;
      site.log.warn({ answered, detail: describeError(error) }, 'a migration returned without success');
      return problem(ctx, answered === 'access_denied' ? 'cancelled' : 'failed');
    }
    return seeOther(ctx, '/migration/completed');
  });

  router.get(
    '/migration/completed',
    signedIn(async (ctx, user) => {
      const { t, language } = ctx.state;
      const state = await currentState(site, user);
      const migrated = migrations.find(user.id);
      if (migrated?.completed_at === undefined && state?.state !== 'completed') return seeOther(ctx, '/migration');
      const link = state?.dealer_link ?? migrated?.dealer_link;
      const known = link !== undefined && ['pending', 'active', 'failed', 'withdrawn'].includes(link.status);
      const { dealer } = user.profile;
      const pages = JOURNEY_PAGES[migrated?.way ?? 'new'];
      ctx.state.progressAt = () => ({ at: pages, of: pages });
      return page(ctx, 'migration-completed', {
        kind: 'note',
        title: t('completed.title'),
        dealerLink: known
          ? {
              status: t(`completed.dealer_link.${link.status}`),
              dealerName: dealer?.code === link.dealer ? dealer.name[language] : undefined,
            }
          : undefined,
        notebookUrl: `${site.notebookOrigin}/login`,
        appStoreUrl: site.appStoreUrl,
        googlePlayUrl: site.googlePlayUrl,
        ended: hasEnded(site),
      });
    }),
  );
}
