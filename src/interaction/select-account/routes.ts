// アカウントの選択: continues with the signed-in ID, or with another one.
import type { Deps } from '../../deps.ts';
import { page } from '../../http/page-context.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import type { InteractionContext, InteractionStep } from '../interaction-context.ts';

/** Makes the step that answers the prompt `select_account`. */
export function createSelectAccountStep({ storage: { accounts } }: Pick<Deps, 'storage'>): InteractionStep {
  const get = async (ctx: InteractionContext): Promise<void> => {
    const { interaction, language, t } = ctx.state;
    const account = interaction.accountId === undefined ? undefined : await accounts.find(interaction.accountId);
    // Nobody to choose, so the login follows.
    if (!account) return interaction.finish({ select_account: {} });
    page(ctx, 'select-account', {
      kind: 'step',
      title: t('select_account.title'),
      action: interaction.path,
      cancelAction: `${interaction.path}/cancel`,
      email: account.email,
      clientName: interaction.client.name[language],
    });
  };

  const post = async (ctx: InteractionContext): Promise<void> => {
    const { interaction } = ctx.state;
    const decision = formField(ctx, 'decision');
    if (decision !== 'continue' && decision !== 'other') return redirect(ctx, interaction.path);
    const { accountId } = interaction;
    if (accountId !== undefined)
      await interaction.setFacts(decision === 'other' ? { not_as: accountId } : { continue_as: accountId, not_as: undefined });
    return interaction.finish({ select_account: {} });
  };

  return {
    addRoutes(router) {
      router.get('/', get).post('/', post);
      router.post('/cancel', async (ctx) => ctx.state.interaction.cancel());
    },
  };
}
