// Shows the changes of the terms and asks for agreement.
import { compareSections } from '../../domain/compare-sections.ts';
import { readSections } from '../../domain/read-sections.ts';
import type { Deps } from '../../deps.ts';
import { lastAgreed, termsInForce } from '../../domain/terms.ts';
import { formatDate } from '../../http/format-time.ts';
import { page } from '../../http/page-context.ts';
import { formField } from '../../http/read-form.ts';
import type { SignedInContext, SignedInStep } from '../interaction-context.ts';
import { agreeToTerms } from './flow.ts';

/** Makes the step that answers the prompt `terms`. */
export function createTermsStep(deps: Deps): SignedInStep {
  const { config, clock } = deps;

  const show = (ctx: SignedInContext, errors: Record<string, string> = {}): void => {
    const { interaction, language, t } = ctx.state;
    const inForce = termsInForce(config.terms, language, clock());
    const agreed = lastAgreed(config.terms, interaction.account.terms, language);
    page(ctx, 'terms-changed', {
      kind: 'step',
      title: t('terms_changed.title'),
      action: interaction.path,
      cancelAction: `${interaction.path}/cancel`,
      termsUrl: '/terms',
      termsVersion: inForce.version,
      effectiveFrom: formatDate(inForce.effectiveFrom, language),
      changes: compareSections(readSections(agreed?.markdown ?? ''), readSections(inForce.markdown)),
      errors,
    });
  };

  return {
    needsPerson: true,
    addRoutes(router) {
      router.get('/', (ctx) => show(ctx));
      router.post('/', async (ctx) => {
        const { interaction, language, t } = ctx.state;
        if (formField(ctx, 'terms') !== 'yes') return show(ctx, { terms: t('form_errors.terms_changed_missing') });
        const inForce = termsInForce(config.terms, language, clock());
        // The person has not seen a version that came into force after the page was shown.
        if (formField(ctx, 'terms_version') !== inForce.version) return show(ctx, { terms: t('form_errors.terms_revised') });
        await agreeToTerms(deps, interaction.account.id, inForce);
        return interaction.finish({ terms: {} });
      });
      router.post('/cancel', async (ctx) => ctx.state.interaction.cancel());
    },
  };
}
