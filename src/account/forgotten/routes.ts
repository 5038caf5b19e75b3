// パスワードを忘れた方: resets a password. Address → code and birth date → new password → done.
import type Router from 'koa-router';
import type Provider from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import { dateInJapan, parseBirthdate } from '../../domain/birthdate.ts';
import { parseEmail } from '../../domain/canonical-email.ts';
import { parsePhoneNumber } from '../../domain/phone-number.ts';
import type { PasswordReset } from '../../domain/password-reset.ts';
import { refuseDisabled } from '../../authentication/disabled-id.ts';
import { createCodeLimits } from '../../authentication/one-time-code/code-limits.ts';
import { codeSentence } from '../../authentication/one-time-code/code-sentence.ts';
import { answerResend, secondsToNextCode } from '../../authentication/one-time-code/resend-code.ts';
import { shortCodesAreOver } from '../../authentication/one-time-code/code-tries.ts';
import { hashAsker } from '../../authentication/password/hash-asker.ts';
import { createKnownDevices } from '../../authentication/known-device.ts';
import { page, type PageContext, type PageState } from '../../http/page-context.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import { passwordProblem, passwordRule } from '../../authentication/password/password-form.ts';
import { readTyped, type Typed } from '../../profile/profile-form.ts';
import type { AccountAccess } from '../../oidc/sessions/account-access.ts';
import { INTERACTION_PATH } from '../../oidc/policy/interaction-url.ts';
import { setPassword } from '../../authentication/password/set-password.ts';
import { askForCodeAgain, beginReset, completeReset, proveOwner, stillHolds } from './flow.ts';
import { createRecordCookie } from '../record-cookie.ts';

export const FORGOTTEN_PATH = '/password/forgotten';
const pathOf = (name: 'code' | 'new' | 'done'): string => `${FORGOTTEN_PATH}/${name}`;

/** Adds the pages of the password reset. */
export function addForgottenRoutes(router: Router<PageState>, deps: Deps, provider: Provider, access: AccountAccess): void {
  const { storage, clock, hasher } = deps;
  const cookie = createRecordCookie(deps, 'password-reset', async (id) =>
    // A value with a dot comes from an earlier version, which stored resets differently.
    id.includes('.') ? undefined : deps.storage.passwordResets.find(id),
  );
  const codeLimits = createCodeLimits(deps);
  const knownDevices = createKnownDevices(deps.config.issuer.startsWith('https:'));

  /** Returns the path of the login page that the person came from, if that interaction still exists. */
  const loginPath = async (uid: string | undefined): Promise<string | undefined> => {
    if (!uid || !/^[\w-]{1,64}$/.test(uid)) return undefined;
    const interaction = await provider.Interaction.find(uid);
    const session = interaction?.session?.uid;
    // The reset has ended the sessions of the account, and the interactions that started in them.
    if (!interaction || (session !== undefined && !(await provider.Session.findByUid(session)))) return undefined;
    return `${INTERACTION_PATH}/${uid}/login`;
  };

  const secondsToWait = (reset: PasswordReset): number => secondsToNextCode(deps, reset.sent_at);

  /** Returns the path of the next page, decided from the stored reset alone. */
  const due = (reset: PasswordReset | undefined): string => {
    if (!reset) return FORGOTTEN_PATH;
    if (reset.completed_at !== undefined) return pathOf('done');
    return pathOf(reset.account_id === undefined ? 'code' : 'new');
  };

  /** Returns the reset if this page is next. Otherwise it redirects to the page that is. */
  const resetFor = async (ctx: PageContext, name: 'code' | 'new' | 'done'): Promise<PasswordReset | undefined> => {
    const reset = await cookie.read(ctx);
    if (due(reset) === pathOf(name)) return reset;
    redirect(ctx, due(reset));
    return undefined;
  };

  const showEmail = async (ctx: PageContext, interaction: string, email: string, errors = {}): Promise<void> => {
    const backUrl = await loginPath(interaction);
    page(ctx, 'password-forgotten', {
      kind: 'step',
      title: ctx.state.t('password_forgotten.title'),
      action: FORGOTTEN_PATH,
      ...(backUrl && { shownAt: `${FORGOTTEN_PATH}?interaction=${interaction}` }),
      interaction: backUrl && interaction,
      backUrl,
      values: { email },
      errors,
    });
  };

  /**
   * Counts the request of a code. A mailbox that has used up its codes of the hour or its guesses at six-digit codes gets a long
   * code, so that requests by strangers cannot lock its owner out.
   */
  const countAsked = async (ctx: PageContext, canonicalEmail: string, device?: string): Promise<{ long: boolean }> => {
    const { mailboxFull } = await codeLimits.ask(ctx.ip, canonicalEmail, device);
    return { long: mailboxFull !== undefined || (await shortCodesAreOver(deps, canonicalEmail)) };
  };

  const postEmail = async (ctx: PageContext): Promise<void> => {
    const [typed, interaction] = [formField(ctx, 'email'), formField(ctx, 'interaction')];
    const parsed = parseEmail(typed);
    if (!parsed.ok) {
      // The code is mailed: a number that changed hands must not open the ID.
      const reason = parsePhoneNumber(typed).ok ? 'is_number' : parsed.reason;
      return showEmail(ctx, interaction, typed, { email: ctx.state.t(`form_errors.email_${reason}`) });
    }
    const standing = await cookie.read(ctx);
    // A double press sends one mail.
    const pressedTwice =
      standing?.email_canonical === parsed.canonical && standing.completed_at === undefined && secondsToWait(standing) > 0;
    if (!pressedTwice) {
      const owner = await storage.accounts.findByEmail(parsed.canonical);
      const device = owner && knownDevices.read(ctx, owner.id);
      const length = await countAsked(ctx, parsed.canonical, device);
      const from = {
        language: ctx.state.language,
        ...(device === undefined ? {} : { device }),
        ...((await loginPath(interaction)) ? { interaction } : {}),
      };
      cookie.write(ctx, await beginReset(deps, parsed, from, length));
    }
    return redirect(ctx, pathOf('code'));
  };

  const showCode = (ctx: PageContext, reset: PasswordReset, values: Typed = {}, errors: Record<string, string> = {}): void =>
    page(ctx, 'password-code', {
      kind: 'step',
      title: ctx.state.t('password_code.title'),
      action: pathOf('code'),
      shownAt: pathOf('code'),
      resendAction: `${pathOf('code')}/resend`,
      backUrl: FORGOTTEN_PATH,
      email: reset.email,
      resent: ctx.query.resent !== undefined,
      canResendInSeconds: secondsToWait(reset),
      values,
      errors,
    });

  const postCode = async (ctx: PageContext): Promise<void> => {
    const reset = await resetFor(ctx, 'code');
    if (!reset) return;
    const { t } = ctx.state;
    const values = readTyped(ctx, ['birthdate']);
    const { birthdate_year: year = '', birthdate_month: month = '', birthdate_day: day = '' } = values;
    const given = year || month || day;
    const parsed = given ? parseBirthdate({ year, month, day }, dateInJapan(clock())) : undefined;
    if (parsed?.ok === false)
      return showCode(ctx, reset, values, { birthdate_year: t(`profile_fields.birthdate.${parsed.reason}`) });
    const refused = await proveOwner(deps, reset, { code: formField(ctx, 'code'), birthdate: parsed?.birthdate });
    if (!refused) {
      await Promise.all([codeLimits.proven(ctx.ip, reset.device), codeLimits.forgetLongCode(reset.email_canonical)]);
      return redirect(ctx, pathOf('new'));
    }
    // A double press: the first one has already used the code.
    const now = await cookie.read(ctx);
    if (due(now) !== pathOf('code')) return redirect(ctx, due(now));
    return showCode(ctx, reset, values, { code: codeSentence(t, refused) });
  };

  const postResend = async (ctx: PageContext): Promise<void> => {
    const reset = await resetFor(ctx, 'code');
    if (!reset) return;
    await answerResend(ctx, {
      path: pathOf('code'),
      seconds: secondsToWait(reset),
      show: (errors) => showCode(ctx, reset, {}, errors),
      send: async () => askForCodeAgain(deps, reset, await countAsked(ctx, reset.email_canonical, reset.device)),
    });
  };

  const showNew = (ctx: PageContext, reset: PasswordReset, errors: Record<string, string> = {}): void =>
    page(ctx, 'password-new', {
      kind: 'step',
      title: ctx.state.t('password_new.title'),
      action: pathOf('new'),
      email: reset.email,
      policy: passwordRule(deps),
      errors,
    });

  const postNew = async (ctx: PageContext): Promise<void> => {
    const reset = await resetFor(ctx, 'new');
    if (!reset) return;
    const account = reset.account_id === undefined ? undefined : await storage.accounts.find(reset.account_id);
    // The person proved the mailbox before.
    if (account) refuseDisabled(account);
    if (!account || !stillHolds(reset, account)) return redirect(ctx, FORGOTTEN_PATH);
    const password = formField(ctx, 'password');
    const problem = passwordProblem(deps, password, account, ctx.state.t);
    if (problem) return showNew(ctx, reset, { password: problem });
    const hash = await hasher.hash(password, hashAsker(ctx.ip, { kind: 'account', id: account.id }, reset.device));
    // End all sessions before, in case the process dies in between, and again after, to end those that started in between.
    await access.endAll(account.id);
    const set = await setPassword(deps, account.id, hash, 'account.password_reset', (now) => stillHolds(reset, now));
    if (set) {
      await access.endAll(account.id);
      await completeReset(deps, reset);
      // An attacker's failures elsewhere cannot lock the owner out of the login that follows.
      knownDevices.remember(ctx, account.id);
    }
    return redirect(ctx, pathOf('done'));
  };

  router.get(FORGOTTEN_PATH, async (ctx) => showEmail(ctx, String(ctx.query.interaction ?? ''), ''));
  router.post(FORGOTTEN_PATH, postEmail);
  router.get(pathOf('code'), async (ctx) => {
    const reset = await resetFor(ctx, 'code');
    if (reset) showCode(ctx, reset);
  });
  router.post(pathOf('code'), postCode).post(`${pathOf('code')}/resend`, postResend);
  router.get(pathOf('new'), async (ctx) => {
    const reset = await resetFor(ctx, 'new');
    if (reset) showNew(ctx, reset);
  });
  router.post(pathOf('new'), postNew);
  router.get(pathOf('done'), async (ctx) => {
    const reset = await resetFor(ctx, 'done');
    if (!reset) return;
    const back = await loginPath(reset.interaction);
    page(ctx, 'password-done', {
      kind: 'note',
      title: ctx.state.t('password_done.title'),
      wayOn: back ?? '/account',
      toLogin: back !== undefined,
    });
  });
}
