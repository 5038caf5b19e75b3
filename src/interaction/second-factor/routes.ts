// 2段階認証: asks for a code of the app or for a passkey, after the password. A person who has neither may set one up, or decline.
import { createSecondFactorCheck } from '../../authentication/totp/check-second-factor.ts';
import type { PasskeyCeremony } from '../../authentication/passkey/challenges.ts';
import { createPasskeySignIns, passkeyMethod } from '../../authentication/passkey/sign-in-with-passkey.ts';
import { originOf } from '../../authentication/sign-in-origin.ts';
import type { Deps } from '../../deps.ts';
import { authTimeOf } from '../../domain/account.ts';
import { reaches } from '../../domain/authentication-methods.ts';
import { page } from '../../http/page-context.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import { createRememberedBrowsers } from '../../oidc/sessions/remembered-browser.ts';
import type { SignedInContext, SignedInStep } from '../interaction-context.ts';
import { addEnrolRoutes, showEnrol } from './enrol-routes.ts';
import { addLostRoutes } from './lost-routes.ts';
import { finishAsIs, finishProven } from './prove.ts';
import { waysOf } from './ways.ts';

/** Makes the step that answers the prompt `second_factor`. */
export function createSecondFactorStep(deps: Deps): SignedInStep {
  const { clock, config } = deps;
  const factors = createSecondFactorCheck(deps);
  const passkeys = createPasskeySignIns(deps);
  const remembered = createRememberedBrowsers(config.issuer.startsWith('https:'));

  const show = async (ctx: SignedInContext, errors: Record<string, string> = {}): Promise<void> => {
    const { interaction, language, t } = ctx.state;
    const session = await interaction.passwordSession();
    if (!session) return interaction.finish({});
    const { account, path, reasons } = interaction;
    const ways = waysOf(interaction, session.acr);
    // It was given, or the second factor was switched off, in another tab.
    const isOn = account.second_factor !== undefined && !remembered.isRemembered(ctx, account, clock());
    if (reaches(session.acr, ways.needed) || (!isOn && reasons.every((reason) => reason === 'second_factor_on')))
      return finishAsIs(ctx, session);
    if (!ways.app && !ways.passkey) return showEnrol(ctx, ways);
    page(ctx, 'second-factor', {
      kind: 'step',
      title: t('second_factor.title'),
      action: path,
      shownAt: path,
      cancelAction: `${path}/cancel`,
      otherAction: `${path}/other`,
      recoveryUrl: `${path}/recovery`,
      passkeyAction: `${path}/passkey`,
      enrolUrl: `${path}/enrol`,
      ways,
      mayRemember: reasons.every((reason) => reason === 'second_factor_on'),
      email: account.email,
      clientName: interaction.client.destination[language],
      errors,
    });
  };

  const postCode = (kind: 'app' | 'recovery', showAgain: typeof show) => async (ctx: SignedInContext) => {
    const { interaction, t } = ctx.state;
    const session = await interaction.passwordSession();
    if (!session) return interaction.finish({});
    if (!waysOf(interaction, session.acr).app) return redirect(ctx, interaction.path);
    const from = originOf(ctx, interaction.client.metadata.client_id);
    const checked = await factors.check(interaction.account.id, kind, formField(ctx, 'code'), from);
    if (!checked.account) return showAgain(ctx, { code: t(`second_factor.${kind}_${checked.problem}`) });
    if (formField(ctx, 'remember') === 'yes') remembered.remember(ctx, checked.account, clock());
    // `auth_time` stays that of the password.
    return finishProven(deps, ctx, checked.method, { authTime: session.authTime, interaction: interaction.signedInAt });
  };

  const showRecovery = async (ctx: SignedInContext, errors: Record<string, string> = {}): Promise<void> => {
    const { interaction, t } = ctx.state;
    const { account, path } = interaction;
    if (!account.second_factor) return redirect(ctx, path);
    page(ctx, 'second-factor-recovery', {
      kind: 'step',
      title: t('second_factor_recovery.title'),
      action: `${path}/recovery`,
      shownAt: `${path}/recovery`,
      lostUrl: `${path}/lost`,
      backUrl: path,
      errors,
    });
  };

  const ceremonyOf = ({ state: { interaction } }: SignedInContext): PasskeyCeremony => ({
    browserId: interaction.browserId,
    purpose: `login:${interaction.uid}`,
  });

  const postPasskey = async (ctx: SignedInContext): Promise<void> => {
    const { interaction, t } = ctx.state;
    // The time before the check, so that a parallel password change ends the sign-in.
    const askedAt = clock();
    const from = originOf(ctx, interaction.client.metadata.client_id);
    const { account, ...signedIn } = await passkeys.signIn(ceremonyOf(ctx), formField(ctx, 'credential'), from);
    if (account?.id !== interaction.account.id || !('passkey' in signedIn))
      return show(ctx, { code: t('second_factor.passkey_failed') });
    const anew = { authTime: authTimeOf(account, askedAt), interaction: interaction.signedInAt ?? interaction.uid };
    return finishProven(deps, ctx, passkeyMethod(signedIn.passkey), anew);
  };

  const decline = async (ctx: SignedInContext): Promise<void> => {
    const { interaction } = ctx.state;
    const session = await interaction.passwordSession();
    // A device knows that a person has declined, and nothing of classes (RFC 8628, section 3.5).
    return interaction.cancel(interaction.device ? 'access_denied' : waysOf(interaction, session?.acr).declined);
  };

  /** On a shared computer the session may be another person's. */
  const other = async ({ state: { interaction } }: SignedInContext): Promise<void> => {
    await interaction.setFacts({ not_as: interaction.account.id });
    return interaction.finish({});
  };

  return {
    needsPerson: true,
    addRoutes(router) {
      router.get('/', async (ctx) => show(ctx)).post('/', postCode('app', show));
      router.get('/recovery', async (ctx) => showRecovery(ctx)).post('/recovery', postCode('recovery', showRecovery));
      router.get('/passkey/options', async (ctx) => {
        ctx.set('Cache-Control', 'no-store');
        ctx.body = await passkeys.options(ceremonyOf(ctx));
      });
      router.post('/passkey', postPasskey);
      router.post('/cancel', decline);
      router.post('/other', other);
      addEnrolRoutes(router, deps);
      addLostRoutes(router, deps);
    },
  };
}
