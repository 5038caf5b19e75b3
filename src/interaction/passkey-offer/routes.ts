// パスキーのご案内: the last page before the service, once after a login with a password. It can always be left.
import { addingCeremony } from '../../authentication/passkey/challenges.ts';
import { declineOffer } from '../../authentication/passkey/offer.ts';
import { addPasskey, creationOptions } from '../../authentication/passkey/passkeys-of-account.ts';
import { postedPasskey } from '../../authentication/passkey/posted-passkey.ts';
import { provenRecently } from '../../authentication/password/password-again.ts';
import type { Deps } from '../../deps.ts';
import { page } from '../../http/page-context.ts';
import { formField } from '../../http/read-form.ts';
import type { CurrentSession } from '../../oidc/sessions/current-session.ts';
import type { SignedInContext, SignedInStep } from '../interaction-context.ts';

/** Makes the step that answers the prompt `passkey_offer`. */
export function createPasskeyOfferStep(deps: Deps): SignedInStep {
  /** Goes on to the service. The offer is not made again in this request. */
  const goOn = async ({ state: { interaction } }: SignedInContext): Promise<void> => {
    await interaction.setFacts({ offers_passkey: undefined });
    return interaction.finish({ passkey_offer: {} });
  };

  /** Returns the session; `undefined` if the password was given too long ago to add a passkey. */
  const recentSession = async ({ state: { interaction } }: SignedInContext): Promise<CurrentSession | undefined> => {
    const session = await interaction.currentSession();
    return session && provenRecently(deps, session) ? session : undefined;
  };

  const show = async (ctx: SignedInContext, errors: Record<string, string> = {}): Promise<void> => {
    const { interaction, language, t } = ctx.state;
    const session = await recentSession(ctx);
    if (!session) return goOn(ctx);
    page(ctx, 'passkey-offer', {
      kind: 'step',
      title: t('passkey_offer.heading'),
      action: interaction.path,
      shownAt: interaction.path,
      declineAction: `${interaction.path}/decline`,
      clientName: interaction.client.destination[language],
      options: await creationOptions(deps, addingCeremony(interaction.browserId, session), session.account),
      errors,
    });
  };

  const post = async (ctx: SignedInContext): Promise<void> => {
    const { interaction, t } = ctx.state;
    const session = await recentSession(ctx);
    if (!session) return goOn(ctx);
    const ceremony = addingCeremony(interaction.browserId, session);
    const added = await addPasskey(deps, ceremony, session.account, postedPasskey(ctx));
    return added ? goOn(ctx) : show(ctx, { passkey: t('passkey_add.failed') });
  };

  return {
    needsPerson: true,
    addRoutes(router) {
      router.get('/', async (ctx) => show(ctx)).post('/', post);
      router.post('/decline', async (ctx) => {
        const { account } = ctx.state.interaction;
        await declineOffer(deps, account.id, formField(ctx, 'until') === 'never' ? 'never' : 'later');
        return goOn(ctx);
      });
    },
  };
}
