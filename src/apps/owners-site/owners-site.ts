// The TOYOTA OWNER'S SITE: a legacy site with its own users, and an ordinary client of the common ID.
import type Koa from 'koa';
import Router from 'koa-router';
import { leadToPage } from '../../http/lead-to-page.ts';
import { createPageApp, type AppOptions } from '../../http/page-app.ts';
import type { PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { createBookings } from './bookings.ts';
import { loadClientKey } from '../client-key.ts';
import { createCommonId } from './common-id.ts';
import { openDatabase } from './database.ts';
import { seedDemoData } from './demo-data.ts';
import { createMailer } from './mailer.ts';
import { createMigrations } from './migrations.ts';
import { createNotices } from './notices.ts';
import { createRememberedUsers } from './remembered-users.ts';
import { createResetTokens } from './reset-tokens.ts';
import { bookingRoutes } from './routes/booking.ts';
import { forgottenRoutes } from './routes/forgotten.ts';
import { homeRoutes } from './routes/home.ts';
import { loginRoutes } from './routes/login.ts';
import { migrationRoutes } from './routes/migration.ts';
import { loadSession } from './session-cookie.ts';
import { createSessions } from './sessions.ts';
import type { Site, SiteState } from './site.ts';
import { createTries } from './tries.ts';
import { createUsers } from './users.ts';

export type OwnersSiteOptions = AppOptions & {
  /** The common ID. */
  issuer: string;
  notebookOrigin: string;
  dealerSystemOrigin: string;
  /** The SQLite file. */
  databasePath: string;
  /** The folder of the site's key, which is generated on the first start. */
  keyDirectory: string;
  /** bcrypt's cost at the common ID; the site's own is never higher than 10. */
  passwordHashCost: number;
  smtpUrl: string;
  mailFrom: string;
  /** The last day of the site, `YYYY-MM-DD`, in Japan. */
  sunset?: string;
  /** Stores demo users in an empty database. */
  seedDemo: boolean;
  appStoreUrl?: string;
  googlePlayUrl?: string;
};

const SWEEP_INTERVAL_MS = 10 * 60 * 1000;

/**
 * Creates the site; the caller listens. The common ID does not need to be running yet.
 * @throws {Error} if the database or the key cannot be read
 */
export async function createOwnersSite(options: OwnersSiteOptions): Promise<{ koa: Koa<PageState>; close(): Promise<void> }> {
  const { origin, issuer, notebookOrigin, dealerSystemOrigin, clock, log } = options;
  const key = await loadClientKey(options.keyDirectory);
  const database = openDatabase(options.databasePath);
  const { koa, forms, cookieName } = createPageApp({ ...options, app: 'owners-site' });
  const site: Site = {
    origin,
    issuer,
    notebookOrigin,
    appStoreUrl: options.appStoreUrl ?? 'https://www.apple.com/jp/app-store/',
    googlePlayUrl: options.googlePlayUrl ?? 'https://play.google.com/store/apps',
    sunset: options.sunset,
    cookieName,
    users: createUsers(database, options.passwordHashCost),
    sessions: createSessions(database, clock),
    remembered: createRememberedUsers(database, clock),
    resetTokens: createResetTokens(database, clock),
    tries: createTries(database, clock),
    notices: createNotices(database, clock),
    bookings: createBookings(database, clock),
    migrations: createMigrations(database, clock),
    commonId: createCommonId(key, { origin, issuer, dealerSystemOrigin, clock, log }),
    mailer: createMailer(options),
    clock,
    log,
  };
  if (options.seedDemo) await seedDemoData(database, site.users, site.notices, clock);

  const machines = new Router<PageState>();
  machines.get('/jwks.json', (ctx) => {
    ctx.set('Cache-Control', 'public, max-age=300');
    ctx.body = { keys: [key.publicJwk] };
  });

  const pages = new Router<SiteState>();
  for (const middleware of forms) pages.use(middleware);
  pages.use(loadSession(site));
  for (const addRoutes of [loginRoutes, forgottenRoutes, homeRoutes, bookingRoutes, migrationRoutes]) addRoutes(pages, site);

  koa.use(machines.routes());
  koa.use(pages.routes());
  koa.use(leadToPage(pages));
  koa.use(pages.allowedMethods({ throw: true, methodNotAllowed: () => new PageError('method_not_allowed') }));

  const sweepers = [site.sessions, site.remembered, site.resetTokens, site.tries, site.migrations];
  const sweeping = setInterval(() => {
    for (const sweeper of sweepers) sweeper.sweep();
  }, SWEEP_INTERVAL_MS);
  sweeping.unref();

  return {
    koa,
    async close() {
      clearInterval(sweeping);
      await site.mailer.close();
      database.close();
    },
  };
}
