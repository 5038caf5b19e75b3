// メールアドレスの変更: new address and current password → code mailed to the new address → done.
import type { Deps } from '../../deps.ts';
import { parseEmail } from '../../domain/canonical-email.ts';
import { createCodeLimits } from '../../authentication/one-time-code/code-limits.ts';
import { createKnownDevices } from '../../authentication/known-device.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import { checkCode } from '../../authentication/one-time-code/check-code.ts';
import { codeSentence } from '../../authentication/one-time-code/code-sentence.ts';
import { answerResend, secondsToNextCode, sendOnce } from '../../authentication/one-time-code/resend-code.ts';
import { originOf } from '../../authentication/sign-in-origin.ts';
import { createSignIn } from '../../authentication/password/sign-in.ts';
import type { AccountAccess } from '../../oidc/sessions/account-access.ts';
import type { AccountContext, AddAccountRoutes } from '../account-context.ts';
import { accountPage, backToOverview } from '../account-page.ts';
import { askForEmail, changeEmail, emailChangeSlot } from './flow.ts';

const PATH = '/account/email';

/** Makes the pages that change the address. */
export function createEmailPages(deps: Deps, access: AccountAccess): AddAccountRoutes {
  const { storage, clock } = deps;
  const signIn = createSignIn(deps);
  const knownDevices = createKnownDevices(deps.config.issuer.startsWith('https:'));
  const codeLimits = createCodeLimits(deps);

  const show = (ctx: AccountContext, email: string, errors: Record<string, string> = {}): void =>
    accountPage(ctx, 'account-email', {
      title: ctx.state.t('account_email.title'),
      action: PATH,
      backUrl: '/account',
      email: ctx.state.session.account.email,
      values: { email },
      errors,
    });

  const post = async (ctx: AccountContext): Promise<void> => {
    const { t, session } = ctx.state;
    const { account } = session;
    const [typed, password] = [formField(ctx, 'email'), formField(ctx, 'current_password')];
    const parsed = parseEmail(typed);
    const same = parsed.ok && parsed.canonical === account.email_canonical;
    const errors = {
      ...(parsed.ok ? {} : { email: t(`form_errors.email_${parsed.reason}`) }),
      ...(same ? { email: t('form_errors.email_same') } : {}),
      ...(password === '' ? { current_password: t('form_errors.current_password_missing') } : {}),
    };
    if (!parsed.ok || Object.keys(errors).length) return show(ctx, typed, errors);
    const from = { ...originOf(ctx), knownDevice: (accountId: string) => knownDevices.read(ctx, accountId) };
    if (!(await signIn(account.email, password, from)))
      return show(ctx, typed, { current_password: t('form_errors.current_password_wrong') });
    await session.confirmed(account, clock());
    let isNoted = true;
    await sendOnce(deps, emailChangeSlot(account.id, parsed.canonical), async () => {
      isNoted = await send(ctx, parsed);
    });
    return redirect(ctx, isNoted ? `${PATH}/code` : PATH);
  };

  const send = async (ctx: AccountContext, wanted: { email: string; canonical: string }, again = false): Promise<boolean> => {
    const { account } = ctx.state.session;
    await codeLimits.countForAccount(account.id);
    await codeLimits.count(ctx.ip, wanted.canonical);
    return askForEmail(deps, account, wanted, { again });
  };

  const showCode = (ctx: AccountContext, errors: Record<string, string> = {}): void => {
    const change = ctx.state.session.account.email_change;
    if (!change) return redirect(ctx, PATH);
    accountPage(ctx, 'account-email-code', {
      title: ctx.state.t('account_email_code.title'),
      action: `${PATH}/code`,
      shownAt: `${PATH}/code`,
      resendAction: `${PATH}/code/resend`,
      backUrl: PATH,
      email: change.email,
      resent: ctx.query.resent !== undefined,
      canResendInSeconds: secondsToNextCode(deps, change.asked_at),
      errors,
    });
  };

  const postCode = async (ctx: AccountContext): Promise<void> => {
    const { t, session } = ctx.state;
    const { id, email_change: change } = session.account;
    if (!change) return redirect(ctx, '/account');
    const checked = await checkCode(deps, emailChangeSlot(id, change.email_canonical), formField(ctx, 'code'));
    if (checked.problem) {
      // A double press: the first one has already changed the address.
      const now = await storage.accounts.find(id);
      if (now?.email_canonical === change.email_canonical) return backToOverview(ctx, 'email');
      return showCode(ctx, { code: codeSentence(t, checked) });
    }
    const changed = await changeEmail(deps, id, change.email_canonical);
    if (!changed) {
      const now = await storage.accounts.find(id);
      return now?.email_canonical === change.email_canonical ? backToOverview(ctx, 'email') : redirect(ctx, PATH);
    }
    if (await checked.takeOut()) await codeLimits.proven(ctx.ip);
    // Only this session continues, because it entered the code from the new mailbox.
    await session.confirmed(changed, clock());
    await access.endSessions(id, session.uid);
    await access.endTokens(id);
    return backToOverview(ctx, 'email');
  };

  const postResend = async (ctx: AccountContext): Promise<void> => {
    const change = ctx.state.session.account.email_change;
    if (!change) return redirect(ctx, PATH);
    await answerResend(ctx, {
      path: `${PATH}/code`,
      seconds: secondsToNextCode(deps, change.asked_at),
      show: (errors) => showCode(ctx, errors),
      send: async () => {
        const isNoted = await send(ctx, { email: change.email, canonical: change.email_canonical }, true);
        return isNoted ? undefined : PATH;
      },
    });
  };

  return (router) => {
    router.get(PATH, (ctx) => show(ctx, '')).post(PATH, post);
    router.get(`${PATH}/code`, (ctx) => showCode(ctx)).post(`${PATH}/code`, postCode);
    router.post(`${PATH}/code/resend`, postResend);
  };
}
