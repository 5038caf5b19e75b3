// パスワードの変更: changes the password. Other sessions and all refresh tokens end, because somebody may have known the old password.
import type { Deps } from '../../deps.ts';
import { hashAsker } from '../../authentication/password/hash-asker.ts';
import { createKnownDevices } from '../../authentication/known-device.ts';
import { formField } from '../../http/read-form.ts';
import { originOf } from '../../authentication/sign-in-origin.ts';
import { createSignIn } from '../../authentication/password/sign-in.ts';
import { passwordProblem, passwordRule } from '../../authentication/password/password-form.ts';
import type { AccountAccess } from '../../oidc/sessions/account-access.ts';
import type { AccountContext, AddAccountRoutes } from '../account-context.ts';
import { accountPage, backToOverview } from '../account-page.ts';
import { setPassword } from '../../authentication/password/set-password.ts';

/** Makes the page that changes the password. */
export function createPasswordPage(deps: Deps, access: AccountAccess): AddAccountRoutes {
  // Attempts count as logins, so that this page gives no extra guesses at the password.
  const signIn = createSignIn(deps);
  const knownDevices = createKnownDevices(deps.config.issuer.startsWith('https:'));

  const show = (ctx: AccountContext, errors: Record<string, string> = {}): void =>
    accountPage(ctx, 'account-password', {
      title: ctx.state.t('account_password.title'),
      action: '/account/password',
      backUrl: '/account',
      email: ctx.state.session.account.email,
      policy: passwordRule(deps),
      errors,
    });

  const post = async (ctx: AccountContext): Promise<void> => {
    const { session, t } = ctx.state;
    const { account } = session;
    const [current, password] = [formField(ctx, 'current_password'), formField(ctx, 'password')];
    const problem =
      passwordProblem(deps, password, account, t) ?? (password === current ? t('form_errors.password_same') : undefined);
    const errors = {
      ...(current === '' ? { current_password: t('form_errors.current_password_missing') } : {}),
      ...(problem ? { password: problem } : {}),
    };
    if (Object.keys(errors).length) return show(ctx, errors);
    const from = { ...originOf(ctx), knownDevice: (accountId: string) => knownDevices.read(ctx, accountId) };
    if (!(await signIn(account.email, current, from)))
      return show(ctx, { current_password: t('form_errors.current_password_wrong') });
    const asker = hashAsker(ctx.ip, { kind: 'account', id: account.id }, from.knownDevice(account.id));
    const hash = await deps.hasher.hash(password, asker);
    // End other sessions before, in case the process dies in between, and again after, to end those that started in between.
    await endOthers(ctx);
    // Replace only the password that was checked: a reset in between must not be overwritten.
    const changed = await setPassword(
      deps,
      account.id,
      hash,
      'account.password_changed',
      (standing) => standing.password_changed_at === account.password_changed_at,
    );
    if (!changed) return show(ctx, { current_password: t('form_errors.current_password_wrong') });
    await session.confirmed(changed, deps.clock());
    await endOthers(ctx);
    return backToOverview(ctx, 'password');
  };

  const endOthers = async ({ state: { session } }: AccountContext): Promise<void> => {
    await access.endSessions(session.account.id, session.uid);
    await access.endTokens(session.account.id);
  };

  return (router) => {
    router.get('/account/password', (ctx) => show(ctx)).post('/account/password', post);
  };
}
