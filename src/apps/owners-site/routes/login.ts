// ① Login with the site's own user ID, and logout.
import { sourceOf } from '../../../http/network.ts';
import { pathOfOurs } from '../../../http/path-of-ours.ts';
import { formField } from '../../../http/read-form.ts';
import { page } from '../../../http/page-context.ts';
import { PageError } from '../../../http/page-error.ts';
import { setCookie, setSessionCookie } from '../session-cookie.ts';
import { REMEMBERED_MS } from '../remembered-users.ts';
import { seeOther, type Site, type SiteContext, type SiteRouter } from '../site.ts';
import { LOGIN_FROM_ADDRESS, LOGIN_OF_USER } from '../tries.ts';
import { canonicalUserId } from '../users.ts';

const REMEMBERED_COOKIE = 'remembered';
/** `initiate_login_uri` of the client's file. */
const INITIATE_LOGIN_PATH = '/common-id';
const FROM_COMMON_ID = 'common-id';

/** Adds the routes for login and logout. */
export function loginRoutes(router: SiteRouter, site: Site): void {
  const { users, sessions, remembered, tries, commonId, migrations } = site;

  type LoginForm = {
    userId: string;
    remember: boolean;
    /** The login was started by the common ID, so it leads on to the migration. */
    fromCommonId: boolean;
  };

  function loginPage(ctx: SiteContext, form: LoginForm, errors: Record<string, string> = {}): void {
    page(ctx, 'login', { kind: 'step', title: ctx.state.t('login.title'), ...form, errors });
  }

  function rememberedToken(ctx: SiteContext): string | undefined {
    return ctx.cookies.get(site.cookieName(REMEMBERED_COOKIE));
  }

  function rememberOnThisDevice(ctx: SiteContext, userId: string, remember: boolean): void {
    const token = rememberedToken(ctx);
    if (token !== undefined) remembered.forget(token);
    if (remember) setCookie(ctx, site, REMEMBERED_COOKIE, remembered.remember(userId), REMEMBERED_MS);
    else if (token !== undefined) setCookie(ctx, site, REMEMBERED_COOKIE, undefined);
  }

  router.get('/login', (ctx) => {
    if (ctx.state.user) return seeOther(ctx, '/');
    const token = rememberedToken(ctx);
    const userId = token === undefined ? undefined : remembered.find(token);
    return loginPage(ctx, {
      userId: userId ?? '',
      remember: userId !== undefined,
      fromCommonId: ctx.query.from === FROM_COMMON_ID,
    });
  });

  // A login that the common ID's list of services starts (OpenID Connect Core 1.0, section 4). The authorization request of this site hands
  // over its own user, who signs in first and presses the button at ③.
  router.get(INITIATE_LOGIN_PATH, (ctx) => {
    const { iss, target_link_uri: target } = ctx.query;
    if (iss !== undefined && iss !== site.issuer) return seeOther(ctx, '/');
    const { user } = ctx.state;
    if (!user) return seeOther(ctx, `/login?from=${FROM_COMMON_ID}`);
    if (migrations.find(user.id)?.completed_at === undefined) return seeOther(ctx, '/migration');
    return seeOther(ctx, pathOfOurs(target, site.origin) ?? '/');
  });

  router.post('/login', async (ctx) => {
    const { t } = ctx.state;
    const typed = formField(ctx, 'user_id');
    const password = formField(ctx, 'password');
    const fromCommonId = formField(ctx, 'from') === FROM_COMMON_ID;
    const form = { userId: typed, remember: formField(ctx, 'remember') !== '', fromCommonId };
    const userId = canonicalUserId(typed);
    if (userId === '' || password === '') {
      return loginPage(ctx, form, {
        ...(userId === '' ? { user_id: t('login.errors.user_id_missing') } : {}),
        ...(password === '' ? { password: t('login.errors.password_missing') } : {}),
      });
    }

    // Counted before the password is checked, also for unknown user IDs. If the user ID has to wait, the password is not checked
    // and the attempt does not count for the address.
    const source = sourceOf(ctx.ip);
    const waitOfUser = tries.count(LOGIN_OF_USER, userId);
    const wait = waitOfUser || tries.count(LOGIN_FROM_ADDRESS, source);
    if (wait > 0 && waitOfUser === 0) tries.giveBack(LOGIN_OF_USER, userId);
    if (wait > 0) {
      loginPage(ctx, form, { user_id: t('login.errors.wait', { minutes: Math.ceil(wait / 60_000) }) });
      ctx.status = 429;
      ctx.set('Retry-After', String(Math.ceil(wait / 1000)));
      return undefined;
    }
    const user = await users.checkPassword(userId, password);
    if (!user) return loginPage(ctx, form, { user_id: t('login.errors.wrong') });
    tries.giveBack(LOGIN_FROM_ADDRESS, source);
    tries.forget(LOGIN_OF_USER, userId);

    // Always a new session, so that nobody else can know its token (session fixation).
    if (ctx.state.session) sessions.end(ctx.state.session.id);
    setSessionCookie(ctx, site, sessions.start(user.id));
    rememberOnThisDevice(ctx, user.id, form.remember);
    return seeOther(ctx, fromCommonId ? INITIATE_LOGIN_PATH : '/');
  });

  router.post('/logout', (ctx) => {
    const { session } = ctx.state;
    setSessionCookie(ctx, site, session && sessions.signOut(session));
    seeOther(ctx, '/logged-out');
  });

  router.get('/logged-out', (ctx) => {
    ctx.state.formTargets = [commonId.origin];
    page(ctx, 'logged-out', {
      kind: 'note',
      title: ctx.state.t('logged_out.title'),
      signedInAtCommonId: !ctx.state.user && ctx.state.session?.id_token !== undefined,
    });
  });

  // A POST, because the redirect's URL contains the ID token: it is created on request only, not with every view of the page.
  router.post('/logged-out/common-id', async (ctx) => {
    const { session, user, language } = ctx.state;
    if (user || !session?.id_token) return seeOther(ctx, '/logged-out');
    const url = await commonId.logoutUrl(session.id_token, language).catch((cause: unknown) => {
      throw new PageError('unavailable', { cause, detail: 'cannot reach the common ID', wayOn: '/logged-out' });
    });
    sessions.end(session.id);
    setSessionCookie(ctx, site, undefined);
    return seeOther(ctx, url.href);
  });
}
