// ⑤ メールアドレスの入力: asks for the address and mails a code to it.
import type { Deps } from '../../deps.ts';
import { parseEmail } from '../../domain/canonical-email.ts';
import { isProven, withAddress } from '../../domain/registration-draft.ts';
import { page } from '../../http/page-context.ts';
import { formField } from '../../http/read-form.ts';
import { sendOnce } from '../../authentication/one-time-code/resend-code.ts';
import type { AddRoutes, InteractionContext } from '../interaction-context.ts';
import type { Registration } from './registration.ts';
import { codeSlot, type MailCode } from './send-code.ts';

/** Makes page ⑤. */
export function createEmailPage(
  deps: Pick<Deps, 'config' | 'storage' | 'clock'>,
  registration: Registration,
  mailCode: MailCode,
): AddRoutes {
  const show = (ctx: InteractionContext, email: string, prefilled: boolean, errors: Record<string, string> = {}): void =>
    page(ctx, 'email', {
      kind: 'step',
      title: ctx.state.t('email.title'),
      action: registration.pathOf(ctx, 'email'),
      declineAction: `${ctx.state.interaction.path}/sign-in`,
      values: { email },
      prefilled: prefilled ? { email: true } : {},
      errors,
    });

  const post = async (ctx: InteractionContext): Promise<void> => {
    const draft = await registration.draftToFill(ctx, 'email');
    if (!draft) return;
    const typed = formField(ctx, 'email');
    const parsed = parseEmail(typed);
    if (!parsed.ok) return show(ctx, typed, false, { email: ctx.state.t(`form_errors.email_${parsed.reason}`) });
    const isSame = draft.email_canonical === parsed.canonical;
    if (isSame && isProven(draft, ctx.state.interaction.browserId)) return registration.goOn(ctx, draft);
    const slot = codeSlot(ctx.state.interaction.uid, parsed.canonical);
    await sendOnce(deps, slot, async () => mailCode(ctx, parsed));
    return registration.goOn(ctx, await registration.change(ctx, 'address', (standing) => withAddress(standing, parsed)));
  };

  return (router) => {
    router.get('/email', async (ctx) => {
      const draft = await registration.draftFor(ctx, 'email');
      if (!draft) return;
      const handedOver = ctx.state.interaction.legacy?.profile.email;
      show(ctx, draft.email ?? handedOver ?? '', draft.email === undefined && handedOver !== undefined);
    });
    router.post('/email', post);
  };
}
