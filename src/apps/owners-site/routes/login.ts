// ① Login with the site's own user ID, and logout.
import { sourceOf } from '../../../http/network.ts';
import { formField } from '../../../http/read-form.ts';
import { page } from '../../../http/page-context.ts';
import { PageError } from '../../../http/page-error.ts';
import { setCookie, setSessionCookie } from '../session-cookie.ts';
import { REMEMBERED_MS } from '../remembered-users.ts';
import { seeOther, type Site, type SiteContext, type SiteRouter } from '../site.ts';
import { LOGIN_FROM_ADDRESS, LOGIN_OF_USER } from '../tries.ts';
import { canonicalUserId } from '../users.ts';

const REMEMBERED_COOKIE = 'remembered';

/** Adds the routes for login and logout. */
export function loginRoutes(router: SiteRouter, site: Site): void {
  const { users, sessions, remembered, tries, commonId } = site;

  function loginPage(ctx: SiteContext, form: { userId: string; remember: boolean }, errors: Record<string, string> = {}): void {
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
    return loginPage(ctx, { userId: userId ?? '', remember: userId !== undefined });
  });

  router.post('/login', async (ctx) => {
    const { t } = ctx.state;
    const typed = formField(ctx, 'user_id');
    const password = formField(ctx, 'password');
    const form = { userId: typed, remember: formField(ctx, 'remember') !== '' };
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
    return seeOther(ctx, '/');
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
