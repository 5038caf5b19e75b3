// ④ TOYOTA/LEXUSの共通IDについて: what it is, and agreement to the terms.
import type { Deps } from '../../deps.ts';
import { agreeTo, termsInForce } from '../../domain/terms.ts';
import { page } from '../../http/page-context.ts';
import { formField } from '../../http/read-form.ts';
import type { AddRoutes, InteractionContext } from '../interaction-context.ts';
import { firstMissingPage } from './flow.ts';
import type { Registration } from './registration.ts';

export function createAboutPage({ config, clock }: Pick<Deps, 'config' | 'clock'>, registration: Registration): AddRoutes {
  const show = (ctx: InteractionContext, errors: Record<string, string> = {}): void => {
    const { interaction, language, t } = ctx.state;
    page(ctx, 'about', {
      kind: 'step',
      title: t('about.title'),
      action: interaction.path,
      cancelAction: `${interaction.path}/cancel`,
      declineAction: `${interaction.path}/sign-in`,
      services: config.services.map(({ name, description, url }) => ({
        name: name[language],
        description: description?.[language],
        url,
      })),
      termsUrl: '/terms',
      errors,
    });
  };

  return (router) => {
    router.get('/', async (ctx) => {
      const draft = await registration.draftOf(ctx);
      return firstMissingPage(draft, registration.termsVersion()) === 'about' ? show(ctx) : registration.goOn(ctx, draft);
    });
    router.post('/', async (ctx) => {
      if (formField(ctx, 'terms') !== 'yes') return show(ctx, { terms: ctx.state.t('form_errors.terms_missing') });
      const terms = agreeTo(termsInForce(config.terms, ctx.state.language, clock()), clock());
      return registration.goOn(ctx, await registration.change(await registration.draftOf(ctx), { terms }));
    });
    router.post('/cancel', async (ctx) => ctx.state.interaction.cancel());
    // For somebody who remembers that they have an ID.
    router.post('/sign-in', async (ctx) => {
      await ctx.state.interaction.setFacts({ wants: 'login' });
      return ctx.state.interaction.finish({ create: {} });
    });
  };
}
