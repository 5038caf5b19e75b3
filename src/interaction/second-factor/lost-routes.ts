// 認証アプリも回復コードも使えないとき: asks for the removal of the second factor, which waits for 24 hours.
import type Router from 'koa-router';
import { codeSentence } from '../../authentication/one-time-code/code-sentence.ts';
import { createCodeLimits } from '../../authentication/one-time-code/code-limits.ts';
import { answerResend, secondsToNextCode, sendOnce } from '../../authentication/one-time-code/resend-code.ts';
import { createPasswordAgain } from '../../authentication/password/password-again.ts';
import { lostCodeSlot, mailLostCode, proveLoss } from '../../authentication/totp/lost-second-factor.ts';
import type { Deps } from '../../deps.ts';
import { dateInJapan, parseBirthdate } from '../../domain/birthdate.ts';
import { waitingRemoval } from '../../domain/second-factor.ts';
import { formatTime } from '../../http/format-time.ts';
import { page } from '../../http/page-context.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import { readTyped, type Typed } from '../../profile/profile-form.ts';
import type { SignedInContext, SignedInState } from '../interaction-context.ts';

/** Adds the pages. */
export function addLostRoutes(router: Router<SignedInState>, deps: Deps): void {
  const passwordAgain = createPasswordAgain(deps);
  const codeLimits = createCodeLimits(deps);
  const pathOf = ({ state: { interaction } }: SignedInContext): string => `${interaction.path}/lost`;
  const slotOf = ({ state: { interaction } }: SignedInContext) => lostCodeSlot(interaction.account, interaction.browserId);

  /** Whether the person has a second factor, and waits for no removal. Otherwise it redirects. */
  const mayAsk = (ctx: SignedInContext): boolean => {
    const { account, path } = ctx.state.interaction;
    const may = account.second_factor !== undefined && !waitingRemoval(account);
    if (!may) redirect(ctx, account.second_factor ? pathOf(ctx) : path);
    return may;
  };

  const show = (ctx: SignedInContext): void => {
    const { interaction, language, t } = ctx.state;
    const { account, path } = interaction;
    if (!account.second_factor) return redirect(ctx, path);
    const removal = waitingRemoval(account);
    page(ctx, 'second-factor-lost', {
      kind: 'step',
      title: t('second_factor_lost.title'),
      action: pathOf(ctx),
      cancelAction: `${path}/cancel`,
      backUrl: path,
      email: account.email,
      due: removal && formatTime(removal.due_at, language),
    });
  };

  const send = async (ctx: SignedInContext): Promise<void> => {
    const { account, browserId } = ctx.state.interaction;
    await codeLimits.count(ctx.ip, account.email_canonical);
    await mailLostCode(deps, account, browserId);
  };

  const post = async (ctx: SignedInContext): Promise<void> => {
    const { interaction } = ctx.state;
    if (!mayAsk(ctx)) return;
    const session = await interaction.passwordSession();
    if (!session) return interaction.finish({});
    if (!(await passwordAgain(ctx, session, { action: pathOf(ctx), backUrl: pathOf(ctx), typed: {} }))) return;
    await sendOnce(deps, slotOf(ctx), async () => send(ctx));
    return redirect(ctx, `${pathOf(ctx)}/code`);
  };

  const secondsToWait = async (ctx: SignedInContext): Promise<number> => {
    const sent = await deps.storage.emailCodes.find(slotOf(ctx).id);
    return sent ? secondsToNextCode(deps, sent.sent_at) : 0;
  };

  const showCode = async (ctx: SignedInContext, values: Typed = {}, errors: Record<string, string> = {}): Promise<void> => {
    const { interaction, t } = ctx.state;
    page(ctx, 'second-factor-lost-code', {
      kind: 'step',
      title: t('second_factor_lost_code.title'),
      action: `${pathOf(ctx)}/code`,
      shownAt: `${pathOf(ctx)}/code`,
      resendAction: `${pathOf(ctx)}/code/resend`,
      backUrl: pathOf(ctx),
      email: interaction.account.email,
      resent: ctx.query.resent !== undefined,
      canResendInSeconds: await secondsToWait(ctx),
      values,
      errors,
    });
  };

  const postCode = async (ctx: SignedInContext): Promise<void> => {
    const { interaction, t } = ctx.state;
    if (!mayAsk(ctx)) return;
    const session = await interaction.passwordSession();
    if (!session) return interaction.finish({});
    const values = readTyped(ctx, ['birthdate']);
    const { birthdate_year: year = '', birthdate_month: month = '', birthdate_day: day = '' } = values;
    const given = year || month || day;
    const parsed = given ? parseBirthdate({ year, month, day }, dateInJapan(deps.clock())) : undefined;
    if (parsed?.ok === false) return showCode(ctx, values, { birthdate_year: t(`profile_fields.birthdate.${parsed.reason}`) });
    const typed = { code: formField(ctx, 'code'), birthdate: parsed?.birthdate };
    const refused = await proveLoss(deps, session.account, interaction.browserId, typed);
    if (refused) return showCode(ctx, values, { code: codeSentence(t, refused) });
    await codeLimits.proven(ctx.ip);
    return redirect(ctx, pathOf(ctx));
  };

  router.get('/lost', show).post('/lost', post);
  router.get('/lost/code', async (ctx) => {
    if (mayAsk(ctx)) await showCode(ctx);
  });
  router.post('/lost/code', postCode);
  router.post('/lost/code/resend', async (ctx) => {
    if (!mayAsk(ctx)) return;
    await answerResend(ctx, {
      path: `${pathOf(ctx)}/code`,
      seconds: await secondsToWait(ctx),
      show: async (errors) => showCode(ctx, {}, errors),
      send: async () => send(ctx),
    });
  });
}
