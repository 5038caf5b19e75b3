// Asks whether a client may have what it asks for: third parties once, native apps each time (RFC 8252 section 8.6).
import { page } from '../../http/page-context.ts';
import { formField } from '../../http/read-form.ts';
import type { InteractionStep } from '../interaction-context.ts';

export function createConsentStep(): InteractionStep {
  return {
    path: 'consent',
    addRoutes(router) {
      router.get('/', (ctx) => {
        const { interaction, language, t } = ctx.state;
        page(ctx, 'consent', {
          kind: 'step',
          title: t('consent.title'),
          action: interaction.path,
          clientName: interaction.client.name[language],
          clientUri: interaction.client.metadata.client_uri,
          firstParty: interaction.client.firstParty,
          scopes: interaction.scopes.map(({ name, claims }) => ({
            name: t(`scopes.${name}.name`),
            description: t(`scopes.${name}.description`),
            claims,
          })),
          dealers: [],
        });
      });
      router.post('/', async (ctx) => {
        const { interaction } = ctx.state;
        if (formField(ctx, 'decision') !== 'allow') return interaction.cancel();
        return interaction.finish({ consent: { grantId: await interaction.grant() } });
      });
    },
  };
}
