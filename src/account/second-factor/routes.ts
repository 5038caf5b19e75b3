// 2段階認証: switches the second factor on and off, and makes recovery codes.
import { createPasswordAgain, provenRecently } from '../../authentication/password/password-again.ts';
import { stopWaitingRemoval } from '../../authentication/totp/lost-second-factor.ts';
import { SECOND_FACTOR_PATH as PATH } from '../../authentication/totp/second-factor-mail.ts';
import {
  confirmSetup,
  isBeingSetUp,
  removeSecondFactor,
  renewRecoveryCodes,
  takeNewCodes,
} from '../../authentication/totp/second-factor-of-account.ts';
import { shownSetup } from '../../authentication/totp/setup-page.ts';
import type { Deps } from '../../deps.ts';
import { waitingRemoval } from '../../domain/second-factor.ts';
import { createBrowserIds } from '../../http/browser-id.ts';
import { formatTime } from '../../http/format-time.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import type { AccountContext, AddAccountRoutes } from '../account-context.ts';
import { accountPage } from '../account-page.ts';

const ADD_PATH = `${PATH}/add`;
const CONFIRM_PATH = `${ADD_PATH}/confirm`;
const CODES_PATH = `${PATH}/recovery-codes`;
const OFF_PATH = `${PATH}/off`;
const KEEP_PATH = `${PATH}/keep`;
const DONE = ['off', 'kept'] as const;

/** Makes the pages. */
export function createSecondFactorPages(deps: Deps): AddAccountRoutes {
  const passwordAgain = createPasswordAgain(deps);
  const browserIds = createBrowserIds(deps.config.issuer.startsWith('https:'));
  const placeOf = (ctx: AccountContext) => ({
    accountId: ctx.state.session.account.id,
    browserId: browserIds.ensure(ctx),
  });
  /** Whether the person has given the password or a passkey for this form. Otherwise a page asks for it. */
  const isProven = async (ctx: AccountContext): Promise<boolean> =>
    passwordAgain(ctx, ctx.state.session, { action: ctx.path, backUrl: PATH, typed: {} });

  const show = (ctx: AccountContext): void => {
    const { t, language, session } = ctx.state;
    const { second_factor: factor } = session.account;
    const removal = waitingRemoval(session.account);
    accountPage(ctx, 'account-second-factor', {
      title: t('account_second_factor.title'),
      done: DONE.find((done) => done === ctx.query.done),
      on: factor && { since: formatTime(factor.added_at, language), left: factor.recovery_codes.length },
      due: removal && formatTime(removal.due_at, language),
      addAction: ADD_PATH,
      codesAction: CODES_PATH,
      keepAction: KEEP_PATH,
      offUrl: OFF_PATH,
      backUrl: '/account',
    });
  };

  const showAdd = async (ctx: AccountContext, error?: string): Promise<void> => {
    const { t, session } = ctx.state;
    // What answers a form is kept in the database for a moment, so the secret is shown by GET alone.
    const mayShow = error === undefined && provenRecently(deps, session);
    accountPage(ctx, 'second-factor-setup', {
      title: t('second_factor_setup.title'),
      action: CONFIRM_PATH,
      shownAt: ADD_PATH,
      backUrl: PATH,
      backLabel: t('second_factor_setup.stop'),
      ...(mayShow ? await shownSetup(deps, placeOf(ctx), session.account.email) : {}),
      ...(error === undefined ? {} : { errors: { code: error } }),
    });
  };

  const getAdd = async (ctx: AccountContext): Promise<void> => {
    const { account } = ctx.state.session;
    if (account.second_factor) return redirect(ctx, PATH);
    // The page that asks for the password is shown in the place of this one.
    return (await isBeingSetUp(deps, placeOf(ctx))) ? showAdd(ctx) : show(ctx);
  };

  const postAdd = async (ctx: AccountContext): Promise<void> => {
    const { account } = ctx.state.session;
    if (account.second_factor) return redirect(ctx, PATH);
    if (!(await isProven(ctx))) return;
    await shownSetup(deps, placeOf(ctx), account.email);
    return redirect(ctx, ADD_PATH);
  };

  const postConfirm = async (ctx: AccountContext): Promise<void> => {
    const { t, session } = ctx.state;
    const confirmed = await confirmSetup(deps, session.account, placeOf(ctx).browserId, formField(ctx, 'code'));
    if (!confirmed.account)
      return confirmed.problem === 'over' ? redirect(ctx, PATH) : showAdd(ctx, t(`second_factor_setup.${confirmed.problem}`));
    await session.strengthened('password_otp');
    return redirect(ctx, CODES_PATH);
  };

  const getCodes = async (ctx: AccountContext): Promise<void> => {
    const { t, session } = ctx.state;
    if (!session.account.second_factor) return redirect(ctx, PATH);
    accountPage(ctx, 'recovery-codes', {
      title: t('recovery_codes.title'),
      codes: await takeNewCodes(deps, placeOf(ctx)),
      left: session.account.second_factor.recovery_codes.length,
      backUrl: PATH,
    });
  };

  const postCodes = async (ctx: AccountContext): Promise<void> => {
    const { session } = ctx.state;
    if (!session.account.second_factor) return redirect(ctx, PATH);
    if (!(await isProven(ctx))) return;
    const renewed = await renewRecoveryCodes(deps, session.account, placeOf(ctx).browserId);
    return redirect(ctx, renewed ? CODES_PATH : PATH);
  };

  const getOff = (ctx: AccountContext): void => {
    const { t, session } = ctx.state;
    if (!session.account.second_factor) return redirect(ctx, PATH);
    accountPage(ctx, 'account-ask', {
      title: t('second_factor_off.title'),
      text: t('second_factor_off.text'),
      points: [t('second_factor_off.point_1'), t('second_factor_off.point_2')],
      submit: t('second_factor_off.submit'),
      backLabel: t('second_factor_off.back'),
      action: OFF_PATH,
      backUrl: PATH,
    });
  };

  const postOff = async (ctx: AccountContext): Promise<void> => {
    if (!(await isProven(ctx))) return;
    const removed = await removeSecondFactor(deps, ctx.state.session.account);
    return redirect(ctx, removed ? `${PATH}?done=off` : PATH);
  };

  return (router) => {
    router.get(PATH, show);
    router.get(ADD_PATH, getAdd).post(ADD_PATH, postAdd).post(CONFIRM_PATH, postConfirm);
    router.get(CODES_PATH, getCodes).post(CODES_PATH, postCodes);
    router.get(OFF_PATH, getOff).post(OFF_PATH, postOff);
    router.post(KEEP_PATH, async (ctx) => {
      const stopped = await stopWaitingRemoval(deps, ctx.state.session.account);
      return redirect(ctx, stopped ? `${PATH}?done=kept` : PATH);
    });
  };
}
