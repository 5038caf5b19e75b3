// ユーザーIDを忘れた方, パスワードを忘れた方: sends a mail to the stored address. The pages never reveal whether a user exists.
import { page } from '../../../http/page-context.ts';
import { PageError } from '../../../http/page-error.ts';
import { sourceOf } from '../../../http/network.ts';
import { formField } from '../../../http/read-form.ts';
import type { Mail } from '../mailer.ts';
import { RESET_MINUTES } from '../reset-tokens.ts';
import { fullName, seeOther, type Site, type SiteContext, type SiteRouter } from '../site.ts';
import { LOGIN_OF_USER, MAIL_FROM_ADDRESS, MAIL_TO_USER } from '../tries.ts';
import { canonicalUserId, PASSWORD_MAX_BYTES, type User } from '../users.ts';

const PASSWORD_MIN_LENGTH = 8;
/** RFC 5321, section 4.5.3.1.3. */
const EMAIL_MAX_LENGTH = 254;

/** Adds the routes for a forgotten user ID and a forgotten password. */
export function forgottenRoutes(router: SiteRouter, site: Site): void {
  const { users, sessions, resetTokens, tries, mailer } = site;

  function checkSender(ctx: SiteContext): void {
    const wait = tries.count(MAIL_FROM_ADDRESS, sourceOf(ctx.ip));
    if (wait > 0) throw new PageError('rate_limited', { wayOn: '/login', retryAfterSeconds: wait / 1000 });
  }

  /** Mails go to the stored address, never to the typed one. Beyond the limit for one person, mails are silently dropped. */
  function mailTo(
    ctx: SiteContext,
    user: User,
    name: string,
    content: Partial<Pick<Mail, 'highlight' | 'link'>> & { minutes?: number },
  ): void {
    if (user.email === undefined) return;
    const { t, language } = ctx.state;
    const { minutes, ...rest } = content;
    mailer.send({
      to: user.email,
      language,
      t,
      title: t(`mail.${name}.title`),
      paragraphs: [t('mail.greeting', { name: fullName(user) }), t(`mail.${name}.text`, { minutes: minutes ?? 0 })],
      ...rest,
    });
  }

  router.get('/forgotten-id', (ctx) => {
    page(ctx, 'forgotten-id', { kind: 'step', title: ctx.state.t('forgotten_id.title'), email: '' });
  });

  router.post('/forgotten-id', (ctx) => {
    const { t } = ctx.state;
    const typed = formField(ctx, 'email');
    const email = typed.normalize('NFKC').trim();
    if (email.length > EMAIL_MAX_LENGTH || !/^[^\s@]+@[^\s@]+$/.test(email)) {
      page(ctx, 'forgotten-id', {
        kind: 'step',
        title: t('forgotten_id.title'),
        email: typed,
        errors: { email: t('forgotten_id.errors.email') },
      });
      return;
    }
    checkSender(ctx);
    for (const user of users.findByEmail(email)) {
      if (tries.count(MAIL_TO_USER, user.id) > 0) continue;
      mailTo(ctx, user, 'user_id', { highlight: user.id, link: { label: t('mail.user_id.link'), url: `${site.origin}/login` } });
    }
    seeOther(ctx, '/forgotten-id/sent');
  });

  router.get('/forgotten-id/sent', (ctx) => {
    page(ctx, 'mail-sent', { kind: 'note', title: ctx.state.t('mail_sent.title'), text: ctx.state.t('mail_sent.user_id') });
  });

  router.get('/forgotten-password', (ctx) => {
    page(ctx, 'forgotten-password', { kind: 'step', title: ctx.state.t('forgotten_password.title'), userId: '' });
  });

  router.post('/forgotten-password', (ctx) => {
    const { t } = ctx.state;
    const typed = formField(ctx, 'user_id');
    const userId = canonicalUserId(typed);
    if (userId === '') {
      page(ctx, 'forgotten-password', {
        kind: 'step',
        title: t('forgotten_password.title'),
        userId: typed,
        errors: { user_id: t('login.errors.user_id_missing') },
      });
      return;
    }
    checkSender(ctx);
    const user = users.find(userId);
    if (user?.email !== undefined && tries.count(MAIL_TO_USER, user.id) === 0) {
      const url = `${site.origin}/reset-password/${resetTokens.issue(user.id)}`;
      mailTo(ctx, user, 'reset', { link: { label: t('mail.reset.link'), url }, minutes: RESET_MINUTES });
    }
    seeOther(ctx, '/forgotten-password/sent');
  });

  router.get('/forgotten-password/sent', (ctx) => {
    const text = ctx.state.t('mail_sent.reset', { minutes: RESET_MINUTES });
    page(ctx, 'mail-sent', { kind: 'note', title: ctx.state.t('mail_sent.title'), text });
  });

  function linkIsDead(ctx: SiteContext): void {
    site.log.info({ request_id: ctx.state.requestId }, 'an expired or used reset link was opened');
    page(ctx, 'reset-link-dead', { kind: 'note', title: ctx.state.t('reset_link_dead.title') });
    ctx.status = 404;
  }

  function resetPage(ctx: SiteContext, userId: string, errors: Record<string, string> = {}): void {
    const policy = { min: PASSWORD_MIN_LENGTH, max: PASSWORD_MAX_BYTES, symbols: '-' };
    page(ctx, 'reset-password', { kind: 'step', title: ctx.state.t('reset_password.title'), userId, policy, errors });
  }

  router.get('/reset-password/:token', (ctx) => {
    const owner = resetTokens.find(String(ctx.params.token));
    if (owner === undefined) linkIsDead(ctx);
    else resetPage(ctx, owner);
  });

  router.post('/reset-password/:token', async (ctx) => {
    const token = String(ctx.params.token);
    const password = formField(ctx, 'password');
    const owner = resetTokens.find(token);
    if (owner === undefined) return linkIsDead(ctx);
    const problem = passwordProblem(owner, password);
    if (problem) return resetPage(ctx, owner, { password: ctx.state.t(`reset_password.errors.${problem}`) });
    // Only checked above, so that a refused password leaves the link valid. It is used up here.
    const userId = resetTokens.use(token);
    const user = userId === undefined ? undefined : users.find(userId);
    if (!user) return linkIsDead(ctx);
    await users.setPassword(user.id, password);
    sessions.endAllOf(user.id);
    tries.forget(LOGIN_OF_USER, user.id);
    mailTo(ctx, user, 'password_changed', {});
    return seeOther(ctx, '/password-changed');
  });

  router.get('/password-changed', (ctx) => {
    page(ctx, 'password-changed', { kind: 'note', title: ctx.state.t('password_changed.title') });
  });
}

/** Returns the text key of what is wrong with a new password, or undefined. */
function passwordProblem(userId: string, password: string): string | undefined {
  if (password.length < PASSWORD_MIN_LENGTH) return 'short';
  if (Buffer.byteLength(password) > PASSWORD_MAX_BYTES) return 'long';
  if (!/[A-Za-z]/.test(password) || !/[0-9]/.test(password)) return 'letters_and_digits';
  if (password.toLowerCase().includes(userId)) return 'has_user_id';
  return undefined;
}
