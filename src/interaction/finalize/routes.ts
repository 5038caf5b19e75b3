// ⑭ 販売店連携情報を作成中です: writes everything when the page is shown; the page continues by itself within three seconds.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Deps } from '../../deps.ts';
import type { DealerLink } from '../../domain/dealer-link.ts';
import { page } from '../../http/page-context.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import { LANGUAGES } from '../../language.ts';
import type { SignedInContext, SignedInStep } from '../interaction-context.ts';
import { findDealerLink, findDifference, proposeMigration, writeDealerLink } from './flow.ts';
import { otherPersonPage } from './other-person-page.ts';

/** `…/wait` responds when the dealer has accepted the link, at the latest after this time. */
const WAIT_MS = 2500;
/** `…/wait` responds at the earliest after this time, because a page that only flashes up looks like an error. */
const READABLE_MS = 1000;
const LOOK_EVERY_MS = 100;

/** Returns the language that the client requested (`ui_locales`, OpenID Connect Core 3.1.2.1), if we support it. */
const asked = ({ ui_locales: locales }: Record<string, unknown>): string | undefined =>
  String(locales ?? '')
    .split(' ')
    .find((locale) => LANGUAGES.some((language) => language === locale));

/** Makes the step that answers the prompt `finalize`. */
export function createFinalizeStep(deps: Deps): SignedInStep {
  const { config } = deps;

  const linkOf = async (ctx: SignedInContext): Promise<DealerLink | undefined> => {
    const { account, facts, dealerLink } = ctx.state.interaction;
    // ⑩ does not ask if the link with the dealer that the client names exists already.
    const dealer = facts.dealer_choice ? facts.dealer_choice.dealer : dealerLink?.dealer;
    return dealer ? findDealerLink(deps, account.id, dealer) : undefined;
  };

  const show = async (ctx: SignedInContext): Promise<void> => {
    const { interaction, language, t } = ctx.state;
    const { legacy, facts } = interaction;
    const accountId = interaction.account.id;
    if (legacy && facts.same_person !== accountId) {
      const different = await findDifference(deps, legacy, interaction.account, interaction.browserId);
      if (different) return otherPersonPage(ctx, legacy.profile.profile, different);
    }
    const proposal = { accountId, codeChallenge: String(interaction.params.code_challenge), language: asked(interaction.params) };
    if (legacy && !(await proposeMigration(deps, legacy, proposal))) {
      await interaction.follow({ step: 'failed', failure: 'linked_to_another_account' });
      return page(ctx, 'already-linked', {
        kind: 'note',
        title: t('already_linked.title'),
        clientName: interaction.client.name[language],
        action: `${interaction.path}/cancel`,
      });
    }
    const { dealer, consent } = facts.dealer_choice ?? {};
    if (dealer && consent) await writeDealerLink(deps, accountId, { dealer, consent });
    const link = await linkOf(ctx);
    page(ctx, 'finalize', {
      kind: 'note',
      title: t(link ? 'finalize.title' : 'finalize.title_without_dealer'),
      waitUrl: `${interaction.path}/wait`,
      refreshUrl: `${interaction.path}/wait`,
      continueUrl: `${interaction.path}/continue`,
      status: link?.status ?? 'active',
      dealerName: config.dealers.find(({ code }) => code === link?.dealer)?.name[language] ?? null,
    });
  };

  /**
   * Delays the response until the dealer has accepted. After the time limit it continues anyway, because the delivery is
   * enqueued.
   */
  const wait = async (ctx: SignedInContext): Promise<void> => {
    for (let waited = 0; waited < WAIT_MS; waited += LOOK_EVERY_MS) {
      const link = await linkOf(ctx);
      if (link?.status !== 'pending' && waited >= READABLE_MS) break;
      await sleep(LOOK_EVERY_MS);
    }
    return ctx.state.interaction.finish({ finalize: {} });
  };

  return {
    needsPerson: true,
    addRoutes(router) {
      router.get('/', show).get('/wait', wait);
      router.get('/continue', async (ctx) => ctx.state.interaction.finish({ finalize: {} }));
      router.post('/same-person', async (ctx) => {
        const { interaction } = ctx.state;
        if (formField(ctx, 'decision') === 'same') {
          await interaction.setFacts({ same_person: interaction.account.id });
          return redirect(ctx, interaction.path);
        }
        await interaction.setFacts({ not_as: interaction.account.id });
        return interaction.finish({});
      });
      router.post('/cancel', async (ctx) => ctx.state.interaction.cancel());
    },
  };
}
