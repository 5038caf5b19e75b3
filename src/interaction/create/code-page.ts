// ⑥ 認証番号の入力: asks for the code that was mailed.
import type { Deps } from '../../deps.ts';
import { isProven, withProof, type AddressedDraft, type RegistrationDraft } from '../../domain/registration-draft.ts';
import { createCodeLimits } from '../../authentication/one-time-code/code-limits.ts';
import { page } from '../../http/page-context.ts';
import { isShownAgain } from '../../http/show-by-get.ts';
import { formField } from '../../http/read-form.ts';
import { checkCode } from '../../authentication/one-time-code/check-code.ts';
import { codeSentence } from '../../authentication/one-time-code/code-sentence.ts';
import type { CodeSlot } from '../../authentication/one-time-code/issue-code.ts';
import { answerResend, secondsToNextCode } from '../../authentication/one-time-code/resend-code.ts';
import type { AddRoutes, InteractionContext } from '../interaction-context.ts';
import type { Registration } from './registration.ts';
import { codeSlot, voucherOf, type MailCode } from './send-code.ts';

/** Makes page ⑥. */
export function createCodePage(
  deps: Pick<Deps, 'config' | 'storage' | 'clock' | 'emit'>,
  registration: Registration,
  mailCode: MailCode,
): AddRoutes {
  const codeLimits = createCodeLimits(deps);
  const slotOf = (ctx: InteractionContext, draft: AddressedDraft): CodeSlot =>
    codeSlot(ctx.state.interaction.uid, draft.email_canonical);
  const isDone = (ctx: InteractionContext, draft: RegistrationDraft): boolean => isProven(draft, ctx.state.interaction.browserId);

  /** Seconds until the person may request another code; `undefined` if this interaction has none. */
  const secondsToWait = async (ctx: InteractionContext, draft: AddressedDraft): Promise<number | undefined> => {
    const sent = await deps.storage.emailCodes.find(slotOf(ctx, draft).id);
    return sent && secondsToNextCode(deps, sent.sent_at);
  };

  const show = async (ctx: InteractionContext, draft: AddressedDraft, errors: Record<string, string> = {}): Promise<void> => {
    const path = registration.pathOf(ctx, 'code');
    page(ctx, 'code', {
      kind: 'step',
      title: ctx.state.t('code.title'),
      action: path,
      shownAt: path,
      declineAction: `${ctx.state.interaction.path}/sign-in`,
      resendAction: `${path}/resend`,
      backUrl: registration.pathOf(ctx, 'email'),
      email: draft.email,
      resent: ctx.query.resent !== undefined,
      canResendInSeconds: (await secondsToWait(ctx, draft)) ?? 0,
      errors,
    });
  };

  const get = async (ctx: InteractionContext): Promise<void> => {
    const draft = await registration.draftFor(ctx, 'code');
    if (!draft) return;
    if (isDone(ctx, draft)) return registration.goOn(ctx, draft);
    // The registration was resumed later or in another browser. A code is valid only in the interaction that requested it.
    // After a post the page says that the code has expired.
    if ((await secondsToWait(ctx, draft)) === undefined && !isShownAgain(ctx)) return registration.go(ctx, 'email');
    return show(ctx, draft);
  };

  const post = async (ctx: InteractionContext): Promise<void> => {
    const draft = await registration.draftToFill(ctx, 'code');
    if (!draft) return;
    if (isDone(ctx, draft)) return registration.goOn(ctx, draft);
    const { email_canonical } = draft;
    const checked = await checkCode(deps, slotOf(ctx, draft), formField(ctx, 'code'));
    if (!checked.problem) {
      const proof = { email_canonical, browser: ctx.state.interaction.browserId, at: deps.clock() };
      // The first of several presses proves the address; the others change nothing.
      const proven = await registration.change(ctx, 'code', (standing) =>
        isDone(ctx, standing) ? standing : withProof(standing, proof),
      );
      if (isDone(ctx, proven) && (await checked.takeOut())) {
        await codeLimits.proven(ctx.ip, voucherOf(ctx, { canonical: email_canonical }));
      }
      return registration.goOn(ctx, proven);
    }
    // A double press: the first one wrote the proof before it consumed the code.
    const now = await registration.draftOf(ctx);
    if (isDone(ctx, now)) return registration.goOn(ctx, now);
    return show(ctx, draft, { code: codeSentence(ctx.state.t, checked) });
  };

  const postResend = async (ctx: InteractionContext): Promise<void> => {
    const draft = await registration.draftToFill(ctx, 'code');
    if (!draft) return;
    await answerResend(ctx, {
      path: registration.pathOf(ctx, 'code'),
      seconds: (await secondsToWait(ctx, draft)) ?? 0,
      show: async (errors) => show(ctx, draft, errors),
      send: async () => mailCode(ctx, { email: draft.email, canonical: draft.email_canonical }),
    });
  };

  return (router) => {
    router.get('/code', get).post('/code', post).post('/code/resend', postResend);
  };
}
