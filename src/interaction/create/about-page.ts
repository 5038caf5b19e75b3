// ④ TOYOTA/LEXUSの共通IDについて: explains the ID and asks for agreement to the terms.
import type { Deps } from '../../deps.ts';
import { withTerms } from '../../domain/registration-draft.ts';
import { agreeTo, termsInForce } from '../../domain/terms.ts';
import { page } from '../../http/page-context.ts';
import { formField } from '../../http/read-form.ts';
import { keepAgreedText } from '../../storage/agreed-texts.ts';
import type { AddRoutes, InteractionContext } from '../interaction-context.ts';
import type { Registration } from './registration.ts';

/** Makes page ④. */
export function createAboutPage(
  { config, clients, storage, clock }: Pick<Deps, 'config' | 'clients' | 'storage' | 'clock'>,
  registration: Registration,
): AddRoutes {
  /** @param agreed the version that the person agreed to earlier in this registration */
  const show = (ctx: InteractionContext, agreed: string | undefined, errors: Record<string, string> = {}): void => {
    const { interaction, language, t } = ctx.state;
    page(ctx, 'about', {
      kind: 'step',
      title: t('about.title'),
      action: interaction.path,
      cancelAction: `${interaction.path}/cancel`,
      declineAction: `${interaction.path}/sign-in`,
      services: config.services.map(({ name, description, client_id: id, url }) => ({
        name: name[language],
        description: description?.[language],
        url: url ?? (id === undefined ? undefined : clients.find(id)?.metadata.client_uri),
      })),
      termsUrl: '/terms',
      termsVersion: registration.termsVersion(),
      termsRevised: agreed !== undefined,
      errors,
    });
  };

  return (router) => {
    router.get('/', async (ctx) => {
      const draft = await registration.draftOf(ctx);
      if (registration.missingPage(ctx, draft) !== 'about') return registration.goOn(ctx, draft);
      return show(ctx, draft.terms?.version);
    });
    router.post('/', async (ctx) => {
      const draft = await registration.draftOf(ctx);
      const { language, t } = ctx.state;
      const text = termsInForce(config.terms, language, clock());
      if (formField(ctx, 'terms') !== 'yes') return show(ctx, draft.terms?.version, { terms: t('form_errors.terms_missing') });
      // The person has not seen a version that came into force after the page was shown.
      if (formField(ctx, 'terms_version') !== text.version)
        return show(ctx, undefined, { terms: t('form_errors.terms_revised') });
      await keepAgreedText(storage, text.markdown);
      return registration.goOn(
        ctx,
        await registration.change(ctx, 'terms', (standing) => withTerms(standing, agreeTo(text, clock()))),
      );
    });
    router.post('/cancel', async (ctx) => ctx.state.interaction.cancel());
    // For a person who has an ID already.
    router.post('/sign-in', async (ctx) => {
      await ctx.state.interaction.setFacts({ wants: 'login' });
      return ctx.state.interaction.finish({ create: {} });
    });
  };
}
