// ⑩: asks whether to link the ID with a dealer. It comes before the login, as in the guide; ⑭ writes the link.
import type { Dealer } from '../../config/config.ts';
import type { Deps } from '../../deps.ts';
import { PREFECTURES } from '../../domain/postal-code.ts';
import { page } from '../../http/page-context.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import { keepAgreedText } from '../../storage/agreed-texts.ts';
import type { InteractionContext, InteractionStep } from '../interaction-context.ts';
import { consentTo, disclosureOf, findDealers } from './flow.ts';

/** Makes the step that answers the prompt `dealer_link`. */
export function createDealerLinkStep({ config, storage, clock }: Pick<Deps, 'config' | 'storage' | 'clock'>): InteractionStep {
  const dealerOf = (code: string | undefined): Dealer | undefined => config.dealers.find((dealer) => dealer.code === code);

  /**
   * Returns the dealer on the page: the one just chosen, else the one from an earlier request, else the one that the client
   * names.
   */
  const shownDealer = ({ state: { interaction } }: InteractionContext, chosen: string): Dealer | undefined =>
    dealerOf(chosen) ?? dealerOf(interaction.facts.earlier_choice?.dealer ?? interaction.dealerLink?.dealer);

  /** Returns the button pressed in an earlier request. The page mentions it; the person has to press it again. */
  const earlierPress = ({ state: { interaction } }: InteractionContext, shown?: Dealer): 'link' | 'skip' | undefined => {
    const { earlier_choice: earlier } = interaction.facts;
    if (earlier?.dealer === null) return 'skip';
    return shown && earlier?.dealer === shown.code ? 'link' : undefined;
  };

  const show = (ctx: InteractionContext): void => {
    const { interaction, language, t } = ctx.state;
    const dealer = shownDealer(ctx, String(ctx.query.dealer ?? ''));
    if (!dealer) return redirect(ctx, `${interaction.path}/find`);
    page(ctx, 'dealer-link', {
      kind: 'step',
      title: t('dealer_link.title'),
      action: interaction.path,
      dealer: { code: dealer.code, name: dealer.name[language], brand: dealer.brand, prefecture: dealer.prefecture },
      backUrl: interaction.path,
      cancelAction: `${interaction.path}/cancel`,
      declineAllowed: true,
      earlier: earlierPress(ctx, dealer),
    });
  };

  const decide = async (ctx: InteractionContext): Promise<void> => {
    const { interaction, language, t } = ctx.state;
    const decision = formField(ctx, 'decision');
    if (decision === 'change') return redirect(ctx, `${interaction.path}/find`);
    if (decision === 'skip') {
      await interaction.setFacts({ dealer_choice: { dealer: null } });
      return interaction.finish({ dealer_link: {} });
    }
    const dealer = dealerOf(formField(ctx, 'dealer'));
    if (decision !== 'link' || !dealer) return redirect(ctx, interaction.path);
    await keepAgreedText(storage, disclosureOf(dealer, language, t));
    await interaction.setFacts({
      dealer_choice: { dealer: dealer.code, consent: consentTo(dealer, interaction.client, language, t, clock()) },
    });
    return interaction.finish({ dealer_link: {} });
  };

  const find = (ctx: InteractionContext): void => {
    const { interaction, language, t, brand } = ctx.state;
    const [prefecture, name] = [String(ctx.query.prefecture ?? ''), String(ctx.query.name ?? '')];
    page(ctx, 'dealer-find', {
      kind: 'step',
      title: t('dealer_find.title'),
      action: `${interaction.path}/find`,
      chooseAction: `${interaction.path}/find`,
      skipAction: interaction.path,
      prefectures: PREFECTURES,
      values: { prefecture, name },
      searched: ctx.query.prefecture !== undefined,
      earlier: earlierPress(ctx),
      results: findDealers(config.dealers, prefecture, name, brand).map((dealer) => ({
        code: dealer.code,
        name: dealer.name[language],
        prefecture: dealer.prefecture,
        brand: dealer.brand,
      })),
    });
  };

  return {
    addRoutes(router) {
      router.get('/', show).post('/', decide);
      router.get('/find', find);
      router.post('/find', (ctx) => {
        const dealer = dealerOf(formField(ctx, 'dealer'));
        redirect(
          ctx,
          dealer
            ? `${ctx.state.interaction.path}?dealer=${encodeURIComponent(dealer.code)}`
            : `${ctx.state.interaction.path}/find`,
        );
      });
      router.post('/cancel', async (ctx) => ctx.state.interaction.cancel());
    },
  };
}
