// 携帯電話番号でのログイン: number and proof of the person → code by SMS → the number is a login ID. Off again with one press.
import type { Deps } from '../../deps.ts';
import { numberRests, parseLoginNumber } from '../../domain/login-number.ts';
import { formatPhoneNumber } from '../../domain/phone-number.ts';
import { checkCode } from '../../authentication/one-time-code/check-code.ts';
import { codeSentence } from '../../authentication/one-time-code/code-sentence.ts';
import { answerResend, secondsToNextCode, sendOnce } from '../../authentication/one-time-code/resend-code.ts';
import { createSmsLimits } from '../../authentication/one-time-code/sms-limits.ts';
import { createPasswordAgain } from '../../authentication/password/password-again.ts';
import { formatTime } from '../../http/format-time.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import type { AccountContext, AddAccountRoutes } from '../account-context.ts';
import { accountPage } from '../account-page.ts';
import { askForNumber, loginNumberSlot, switchOff, switchOn } from './flow.ts';

const PATH = '/account/mobile-number';
const CODE_PATH = `${PATH}/code`;
const DONE = ['on', 'off'] as const;

/** Makes the pages. Without SMS_URL there are none. */
export function createMobileNumberPages(deps: Deps): AddAccountRoutes {
  const { storage, clock, config } = deps;
  if (!config.sms) return () => undefined;
  const passwordAgain = createPasswordAgain(deps);
  const limits = createSmsLimits(deps);

  const show = (ctx: AccountContext, typed: string, errors: Record<string, string> = {}): void => {
    const { t, language, session } = ctx.state;
    const { account } = session;
    const { phone_canonical: phone, phone_proven_at: provenAt } = account;
    accountPage(ctx, 'account-mobile-number', {
      title: t('mobile_number.title'),
      done: DONE.find((done) => done === ctx.query.done),
      action: PATH,
      shownAt: PATH,
      backUrl: '/account',
      number: phone && formatPhoneNumber(phone),
      since: provenAt && formatTime(provenAt, language),
      rests: phone !== undefined && numberRests(account, clock()),
      values: { mobile_number: typed },
      errors,
    });
  };

  /** Returns the number that the form begins with: one to be proven again, or the mobile number of the profile. */
  const suggested = ({ state: { session } }: AccountContext): string => {
    const { phone_canonical: phone, profile } = session.account;
    if (phone !== undefined) return numberRests(session.account, clock()) ? formatPhoneNumber(phone) : '';
    const parsed = parseLoginNumber(profile.phone_number ?? '', config.loginNumber.countryCodes);
    return parsed.ok ? formatPhoneNumber(parsed.phone_canonical) : '';
  };

  const post = async (ctx: AccountContext): Promise<void> => {
    if (formField(ctx, 'action') === 'off') return postOff(ctx);
    const { t, session } = ctx.state;
    const { account } = session;
    const typed = formField(ctx, 'mobile_number');
    const parsed = parseLoginNumber(typed, config.loginNumber.countryCodes);
    if (!parsed.ok) return show(ctx, typed, { mobile_number: t(`mobile_number.${parsed.reason}`) });
    const phone = parsed.phone_canonical;
    if (phone === account.phone_canonical && !numberRests(account, clock()))
      return show(ctx, typed, { mobile_number: t('mobile_number.same') });
    const again = { action: PATH, backUrl: PATH, typed: { mobile_number: typed } };
    if (!(await passwordAgain(ctx, session, again))) return;
    let isAsked = true;
    await sendOnce(deps, loginNumberSlot(account.id, phone), async () => {
      isAsked = await send(ctx, phone);
    });
    return redirect(ctx, isAsked ? CODE_PATH : PATH);
  };

  const send = async (ctx: AccountContext, phone: string, again = false): Promise<boolean> => {
    const { account } = ctx.state.session;
    const takeBack = await limits.count(ctx.ip, account.id, phone);
    const isAsked = await askForNumber(deps, account, phone, { again });
    if (!isAsked) await takeBack();
    return isAsked;
  };

  const showCode = (ctx: AccountContext, errors: Record<string, string> = {}): void => {
    const change = ctx.state.session.account.phone_change;
    if (!change) return redirect(ctx, PATH);
    accountPage(ctx, 'account-mobile-number-code', {
      title: ctx.state.t('mobile_number_code.title'),
      action: CODE_PATH,
      shownAt: CODE_PATH,
      resendAction: `${CODE_PATH}/resend`,
      backUrl: PATH,
      number: formatPhoneNumber(change.phone_canonical),
      resent: ctx.query.resent !== undefined,
      canResendInSeconds: secondsToNextCode(deps, change.asked_at),
      errors,
    });
  };

  const postCode = async (ctx: AccountContext): Promise<void> => {
    const { t, session } = ctx.state;
    const { account } = session;
    const change = account.phone_change;
    // After a double press, the first one has already switched the number on.
    if (!change) return redirect(ctx, PATH);
    const phone = change.phone_canonical;
    const isOn = async (): Promise<boolean> => {
      const now = await storage.accounts.find(account.id);
      return now?.phone_canonical === phone && now.phone_change === undefined;
    };
    const checked = await checkCode(deps, loginNumberSlot(account.id, phone), formField(ctx, 'code'));
    if (checked.problem)
      return (await isOn()) ? redirect(ctx, `${PATH}?done=on`) : showCode(ctx, { code: codeSentence(t, checked) });
    const changed = await switchOn(deps, account, phone);
    if (!changed && !(await isOn())) return redirect(ctx, PATH);
    if (await checked.takeOut()) await limits.proven(ctx.ip);
    return redirect(ctx, `${PATH}?done=on`);
  };

  const postResend = async (ctx: AccountContext): Promise<void> => {
    const change = ctx.state.session.account.phone_change;
    if (!change) return redirect(ctx, PATH);
    await answerResend(ctx, {
      path: CODE_PATH,
      seconds: secondsToNextCode(deps, change.asked_at),
      show: (errors) => showCode(ctx, errors),
      send: async () => ((await send(ctx, change.phone_canonical, true)) ? undefined : PATH),
    });
  };

  const postOff = async (ctx: AccountContext): Promise<void> => {
    const { session } = ctx.state;
    if (!(await passwordAgain(ctx, session, { action: PATH, backUrl: PATH, typed: { action: 'off' } }))) return;
    return redirect(ctx, (await switchOff(deps, session.account)) ? `${PATH}?done=off` : PATH);
  };

  return (router) => {
    router.get(PATH, (ctx) => show(ctx, suggested(ctx))).post(PATH, post);
    router.get(CODE_PATH, (ctx) => showCode(ctx)).post(CODE_PATH, postCode);
    router.post(`${CODE_PATH}/resend`, postResend);
  };
}
