// 退会の取り消し: a person signs in with an ID that was withdrawn and is not erased yet.
import type { Deps } from '../../deps.ts';
import { formatTime } from '../../http/format-time.ts';
import { page } from '../../http/page-context.ts';
import type { SignedInContext, SignedInStep } from '../interaction-context.ts';
import { takeBack } from './flow.ts';

/** Makes the step that answers the prompt `withdrawal`. */
export function createWithdrawalStep(deps: Deps): SignedInStep {
  const show = async (ctx: SignedInContext): Promise<void> => {
    const { interaction, language, t } = ctx.state;
    const { email, withdrawal } = interaction.account;
    // Taken back in another tab.
    if (!withdrawal) return interaction.finish({ withdrawal: {} });
    page(ctx, 'withdrawal', {
      kind: 'step',
      title: t('withdrawal.title'),
      action: interaction.path,
      cancelAction: `${interaction.path}/cancel`,
      email,
      ends: formatTime(withdrawal.erase_at, language),
    });
  };

  return {
    needsPerson: true,
    addRoutes(router) {
      router.get('/', show);
      router.post('/', async (ctx) => {
        const { interaction } = ctx.state;
        await takeBack(deps, interaction.account.id);
        return interaction.finish({ withdrawal: {} });
      });
      router.post('/cancel', async (ctx) => ctx.state.interaction.cancel());
    },
  };
}
