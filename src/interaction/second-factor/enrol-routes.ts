// Sets up an app or a passkey on the way, for a service that needs a stronger sign-in than the person has.
import type Router from 'koa-router';
import { addPasskey, creationOptions } from '../../authentication/passkey/passkeys-of-account.ts';
import { addingCeremony } from '../../authentication/passkey/challenges.ts';
import { postedPasskey } from '../../authentication/passkey/posted-passkey.ts';
import { createPasswordAgain, provenRecently } from '../../authentication/password/password-again.ts';
import { confirmSetup, isBeingSetUp, takeNewCodes } from '../../authentication/totp/second-factor-of-account.ts';
import { shownSetup } from '../../authentication/totp/setup-page.ts';
import type { Deps } from '../../deps.ts';
import { MOST_PASSKEYS } from '../../domain/passkey.ts';
import { page } from '../../http/page-context.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import type { CurrentSession } from '../../oidc/sessions/current-session.ts';
import type { SignedInContext, SignedInState } from '../interaction-context.ts';
import { finishAsIs, noteInHistory } from './prove.ts';
import { waysOf, type Ways } from './ways.ts';

/** Shows the ways that a person can set up. */
export function showEnrol(ctx: SignedInContext, ways: Ways): void {
  const { interaction, language, t } = ctx.state;
  const { account, path } = interaction;
  page(ctx, 'second-factor-enrol', {
    kind: 'step',
    title: t('second_factor_enrol.title'),
    appAction: `${path}/enrol/app`,
    passkeyAction: `${path}/enrol/passkey`,
    cancelAction: `${path}/cancel`,
    backUrl: ways.passkey ? path : undefined,
    ways: { ...ways, newPasskey: ways.newPasskey && (account.passkeys ?? []).length < MOST_PASSKEYS },
    clientName: interaction.client.destination[language],
  });
}

/** Adds the pages. */
export function addEnrolRoutes(router: Router<SignedInState>, deps: Deps): void {
  const passwordAgain = createPasswordAgain(deps);

  /** Returns the session and the ways, or redirects where this one is not open to the person. */
  const mayAdd = async (ctx: SignedInContext, which: 'newApp' | 'newPasskey'): Promise<CurrentSession | undefined> => {
    const { interaction } = ctx.state;
    const session = await interaction.passwordSession();
    if (session && waysOf(interaction, session.acr)[which]) return session;
    redirect(ctx, interaction.path);
    return undefined;
  };

  const placeOf = ({ state: { interaction } }: SignedInContext) => ({
    accountId: interaction.account.id,
    browserId: interaction.browserId,
  });

  const showWays = (ctx: SignedInContext, { acr }: CurrentSession): void => showEnrol(ctx, waysOf(ctx.state.interaction, acr));

  const begin =
    (which: 'newApp' | 'newPasskey', name: 'app' | 'passkey') =>
    async (ctx: SignedInContext): Promise<void> => {
      const { path } = ctx.state.interaction;
      const session = await mayAdd(ctx, which);
      const to = `${path}/enrol/${name}`;
      if (!session || !(await passwordAgain(ctx, session, { action: to, backUrl: path, typed: {} }))) return;
      if (name === 'app') await shownSetup(deps, placeOf(ctx), session.account.email);
      redirect(ctx, to);
    };

  const showApp = async (ctx: SignedInContext, session: CurrentSession, error?: string): Promise<void> => {
    const { interaction, t } = ctx.state;
    // What answers a form is kept in the database for a moment, so the secret is shown by GET alone.
    const mayShow = error === undefined && provenRecently(deps, session);
    page(ctx, 'second-factor-setup', {
      kind: 'step',
      title: t('second_factor_setup.title'),
      action: `${interaction.path}/enrol/app/confirm`,
      shownAt: `${interaction.path}/enrol/app`,
      backUrl: interaction.path,
      backLabel: t('second_factor_setup.stop'),
      ...(mayShow ? await shownSetup(deps, placeOf(ctx), session.account.email) : {}),
      ...(error === undefined ? {} : { errors: { code: error } }),
    });
  };

  const getApp = async (ctx: SignedInContext): Promise<void> => {
    const session = await mayAdd(ctx, 'newApp');
    if (!session) return;
    // The page that asks for the password is shown in the place of this one.
    return (await isBeingSetUp(deps, placeOf(ctx))) ? showApp(ctx, session) : showWays(ctx, session);
  };

  const confirmApp = async (ctx: SignedInContext): Promise<void> => {
    const { interaction, t } = ctx.state;
    const session = await interaction.passwordSession();
    if (!session) return redirect(ctx, interaction.path);
    const confirmed = await confirmSetup(deps, session.account, interaction.browserId, formField(ctx, 'code'));
    if (!confirmed.account) {
      if (confirmed.problem === 'over') return redirect(ctx, interaction.path);
      return showApp(ctx, session, t(`second_factor_setup.${confirmed.problem}`));
    }
    await session.strengthened('password_otp');
    await noteInHistory(deps, ctx, 'password_otp');
    return redirect(ctx, `${interaction.path}/enrol/codes`);
  };

  const showCodes = async (ctx: SignedInContext): Promise<void> => {
    const { interaction, t } = ctx.state;
    const codes = await takeNewCodes(deps, placeOf(ctx));
    page(ctx, 'recovery-codes', {
      kind: 'step',
      title: t('recovery_codes.title'),
      codes,
      left: interaction.account.second_factor?.recovery_codes.length ?? 0,
      nextAction: `${interaction.path}/enrol/codes`,
    });
  };

  const leaveCodes = async (ctx: SignedInContext): Promise<void> => {
    const { interaction } = ctx.state;
    const session = await interaction.passwordSession();
    return session ? finishAsIs(ctx, session) : interaction.finish({});
  };

  const showPasskey = async (ctx: SignedInContext, session: CurrentSession, error?: string): Promise<void> => {
    const { interaction, t } = ctx.state;
    if (!provenRecently(deps, session)) return showWays(ctx, session);
    page(ctx, 'account-passkey-add', {
      kind: 'step',
      title: t('passkey_add.title'),
      action: `${interaction.path}/enrol/passkey/add`,
      shownAt: `${interaction.path}/enrol/passkey`,
      backUrl: interaction.path,
      backLabel: t('second_factor_setup.stop'),
      options: await creationOptions(deps, addingCeremony(interaction.browserId, session), session.account),
      ...(error === undefined ? {} : { errors: { passkey: error } }),
    });
  };

  const postPasskey = async (ctx: SignedInContext): Promise<void> => {
    const { interaction, t } = ctx.state;
    const session = await mayAdd(ctx, 'newPasskey');
    if (!session) return;
    const ceremony = addingCeremony(interaction.browserId, session);
    // The page of the step then asks to use it.
    if (await addPasskey(deps, ceremony, session.account, postedPasskey(ctx))) return redirect(ctx, interaction.path);
    return showPasskey(ctx, session, t('passkey_add.failed'));
  };

  router.get('/enrol', async (ctx) => {
    const session = await ctx.state.interaction.passwordSession();
    const ways = waysOf(ctx.state.interaction, session?.acr);
    return ways.app ? redirect(ctx, ctx.state.interaction.path) : showEnrol(ctx, ways);
  });
  router.get('/enrol/app', getApp).post('/enrol/app', begin('newApp', 'app'));
  router.post('/enrol/app/confirm', confirmApp);
  router.get('/enrol/codes', showCodes).post('/enrol/codes', leaveCodes);
  router.get('/enrol/passkey', async (ctx) => {
    const session = await mayAdd(ctx, 'newPasskey');
    if (session) await showPasskey(ctx, session);
  });
  router.post('/enrol/passkey', begin('newPasskey', 'passkey'));
  router.post('/enrol/passkey/add', postPasskey);
}
