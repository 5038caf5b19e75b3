// Asks for consent to a client's request: once for a third party, each time for a native app (RFC 8252 section 8.6).
import type { Deps } from '../../deps.ts';
import { isVisibleTo, isLive } from '../../domain/dealer-link.ts';
import { formatTime } from '../../http/format-time.ts';
import { page } from '../../http/page-context.ts';
import { formField } from '../../http/read-form.ts';
import { claimsByScope } from '../../oidc/claims.ts';
import { claimsInWords, singleClaimsInWords } from '../../profile/claims-in-words.ts';
import type { SignedInState, SignedInStep } from '../interaction-context.ts';

/** Makes the step that answers the prompt `consent`. */
export function createConsentStep({
  config,
  storage,
  clock,
  logos,
}: Pick<Deps, 'config' | 'storage' | 'clock' | 'logos'>): SignedInStep {
  /** Lists the dealers whose links the client will see: all for a first-party client, else those linked in its own flow. */
  const dealersFor = async ({ account, client, scopes, claims, dealerLink }: SignedInState['interaction']) => {
    const asked = scopes.some(({ name }) => name === 'dealer_link') || claims.includes('dealer_links');
    if (!dealerLink && !asked) return [];
    const links = await storage.dealerLinks.listByAccount(account.id);
    const shown = links.filter((link) => isLive(link) && isVisibleTo(link, client));
    return config.dealers.filter(({ code }) => shown.some(({ dealer }) => dealer === code));
  };

  return {
    needsPerson: true,
    addRoutes(router) {
      router.get('/', async (ctx) => {
        const { interaction, language, t } = ctx.state;
        const { device } = interaction;
        const { metadata } = interaction.client;
        page(ctx, 'consent', {
          kind: 'step',
          title: t(device ? 'consent.device_title' : 'consent.title'),
          action: interaction.path,
          clientName: interaction.client.name[language],
          clientUri: metadata.client_uri,
          termsUri: metadata.tos_uri,
          privacyUri: metadata.policy_uri,
          ...(logos.find(metadata.client_id) && { logoUrl: `/client-logos/${metadata.client_id}` }),
          firstParty: interaction.client.firstParty,
          scopes: [
            ...interaction.scopes.map(({ name }) => ({
              name: t(`scopes.${name}.name`),
              description: t(`scopes.${name}.description`, { claims: claimsInWords(name, t) }),
            })),
            ...claimsByScope(interaction.claims).map(([scope, names]) => ({
              name: t(`scopes.${scope}.name`),
              description: singleClaimsInWords(names, t),
            })),
          ],
          ...(device && {
            device: {
              rows: [
                { label: t('consent.device_name'), value: interaction.client.name[language] },
                { label: t('consent.device_code'), value: device.userCode },
                { label: t('consent.device_time'), value: formatTime(device.requestedAt, language) },
                {
                  label: t('consent.device_place'),
                  value: t(`consent.device_places.${device.place}`, { address: device.address }),
                },
              ],
            },
          }),
          dealers: (await dealersFor(interaction)).map(({ name }) => ({ name: name[language] })),
        });
      });
      router.post('/', async (ctx) => {
        const { interaction } = ctx.state;
        if (formField(ctx, 'decision') !== 'allow') return interaction.cancel();
        const subject = interaction.account.id;
        const scopes = interaction.scopes.map(({ name }) => name).join(' ');
        const data = { client_id: interaction.client.metadata.client_id, scopes, claims: interaction.claims.join(' ') };
        await storage.ledger.append({ type: 'client.consented', subject, data, at: clock() }, `${interaction.uid}:${subject}`);
        return interaction.finish({ consent: { grantId: await interaction.grant(interaction) } });
      });
    },
  };
}
