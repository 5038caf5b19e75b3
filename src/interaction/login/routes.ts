// TOYOTA/LEXUSの共通IDでログイン: signs the person in. It also comes after a registration, for security, as in the guide.
import type { Deps } from '../../deps.ts';
import { authTimeOf, type Account, type EpochMilliseconds } from '../../domain/account.ts';
import { signedInBy, type AuthenticationMethod } from '../../domain/authentication-methods.ts';
import { legacyRegistrationId } from '../../domain/legacy-registration.ts';
import { draftId } from '../../domain/registration-draft.ts';
import { reportStands } from '../../domain/sign-in-report.ts';
import { withSignIn } from '../../domain/sign-in-history.ts';
import { createKnownDevices } from '../../authentication/known-device.ts';
import { page } from '../../http/page-context.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import type { InteractionContext, InteractionStep } from '../interaction-context.ts';
import { ACCOUNT_CLIENT_ID } from '../../oidc/clients/account-client.ts';
import type { CurrentSession } from '../../oidc/sessions/current-session.ts';
import { tellOfNewDevice } from './tell-of-new-device.ts';
import { createPasskeySignIns, passkeyMethod } from '../../authentication/passkey/sign-in-with-passkey.ts';
import { isOffered } from '../../authentication/passkey/offer.ts';
import type { PasskeyCeremony } from '../../authentication/passkey/challenges.ts';
import { relyingParty } from '../../authentication/passkey/relying-party.ts';
import { originOf, placeOf } from '../../authentication/sign-in-origin.ts';
import { LoginNumberRests, shownLoginHint } from '../../authentication/password/login-id.ts';
import { createSignIn } from '../../authentication/password/sign-in.ts';

/** Makes the step that answers the prompt `login`. */
export function createLoginStep(deps: Deps): InteractionStep {
  const signIn = createSignIn(deps);
  const passkeys = createPasskeySignIns(deps);
  const knownDevices = createKnownDevices(deps.config.issuer.startsWith('https:'));

  /** Returns the address of the ID that was registered in this request, or by the same legacy user in this browser. */
  const registeredEmail = async (ctx: InteractionContext): Promise<string | undefined> => {
    const { facts, legacy, browserId } = ctx.state.interaction;
    if (facts.registration || !legacy) return facts.registration?.email;
    const id = draftId(browserId, { clientId: legacy.client_id, legacyId: legacy.profile.legacy_id });
    const draft = await deps.storage.registrationDrafts.find(id);
    return draft?.registered_at === undefined ? undefined : draft.email;
  };

  /** Whether the page offers a registration. A legacy user has only one ID, so not if the identity is linked or about to be. */
  const mayRegister = async (ctx: InteractionContext): Promise<boolean> => {
    const { facts, legacy } = ctx.state.interaction;
    if (!legacy) return facts.registration === undefined;
    const { client_id: clientId, profile } = legacy;
    const [migration, registration] = await Promise.all([
      deps.storage.migrations.find(clientId, profile.legacy_id),
      deps.storage.registrationDrafts.find(legacyRegistrationId(clientId, profile.legacy_id)),
    ]);
    return !migration?.account_id && !migration?.candidate && registration?.registered_at === undefined;
  };

  /** Whether the client's file or the request requires a passkey. A person without one may add it after the password. */
  const needsPasskey = ({ state: { interaction } }: InteractionContext): boolean =>
    [interaction.client.requiredAcr, interaction.essentialAcr].includes('phr');

  const show = (ctx: InteractionContext, loginId: string, errors?: Record<string, string>, unknownPasskey?: string): void => {
    const { interaction, language, t } = ctx.state;
    page(ctx, 'login', {
      kind: 'step',
      title: t('login.title'),
      action: interaction.path,
      shownAt: interaction.path,
      cancelAction: `${interaction.path}/cancel`,
      registerAction: `${interaction.path}/register`,
      forgotUrl: `/password/forgotten?interaction=${interaction.uid}`,
      passkeyAction: `${interaction.path}/passkey`,
      needsPasskey: needsPasskey(ctx),
      // The browser then stops offering it.
      ...(unknownPasskey === undefined ? {} : { unknownPasskey: { rpID: relyingParty(deps).id, credentialID: unknownPasskey } }),
      termsUrl: '/terms',
      privacyUrl: '/privacy',
      values: { login_id: loginId },
      acceptsNumber: deps.config.sms !== undefined,
      afterRegistration: interaction.facts.registration !== undefined,
      anotherPerson: ['id_token_hint', 'claims_sub'].some((reason) => interaction.reasons.includes(reason)),
      clientName: interaction.client.destination[language],
      ...(errors ? { errors } : {}),
    });
  };

  const showContinueAs = async (ctx: InteractionContext, accountId: string): Promise<void> => {
    const { interaction, language, t } = ctx.state;
    const account = await deps.storage.accounts.find(accountId);
    if (!account) return show(ctx, '');
    page(ctx, 'continue-as', {
      kind: 'step',
      title: t('continue_as.title'),
      action: `${interaction.path}/continue-as`,
      email: account.email,
      clientName: interaction.client.destination[language],
    });
  };

  /** Returns the session of a person who has signed in in another tab since, if a session is all that the policy asks for. */
  const signedInElsewhere = async ({ state: { interaction } }: InteractionContext): Promise<CurrentSession | undefined> => {
    const needsOnlySession =
      interaction.accountId === undefined && interaction.reasons.every((reason) => reason === 'no_session');
    return needsOnlySession ? interaction.currentSession() : undefined;
  };

  const get = async (ctx: InteractionContext): Promise<void> => {
    const { interaction } = ctx.state;
    // The policy decides whether this person may go on.
    if (await signedInElsewhere(ctx)) return interaction.finish({});
    const onlyUnconfirmed = interaction.reasons.every((reason) => reason === 'person_unconfirmed');
    const wantsOther = ctx.query.other !== undefined || interaction.facts.not_as === interaction.accountId;
    if (interaction.accountId && onlyUnconfirmed && !wantsOther) return showContinueAs(ctx, interaction.accountId);
    return show(
      ctx,
      (await registeredEmail(ctx)) ??
        shownLoginHint(deps, typeof interaction.params.login_hint === 'string' ? interaction.params.login_hint : ''),
    );
  };

  const post = async (ctx: InteractionContext): Promise<void> => {
    const { interaction, t } = ctx.state;
    const [loginId, password] = [formField(ctx, 'login_id'), formField(ctx, 'password')];
    const empty = {
      ...(loginId.trim() === '' ? { login_id: t('form_errors.login_id_missing') } : {}),
      ...(password === '' ? { password: t('form_errors.password_missing') } : {}),
    };
    if (Object.keys(empty).length) {
      return (await signedInElsewhere(ctx)) ? interaction.finish({}) : show(ctx, loginId, empty);
    }
    // Take the time before the check, so that a parallel password change ends a sign-in with the old password.
    const askedAt = deps.clock();
    const account = await signIn(loginId, password, {
      ...originOf(ctx, interaction.client.metadata.client_id),
      knownDevice: (accountId) => knownDevices.read(ctx, accountId),
    }).catch((error: unknown) => {
      if (error instanceof LoginNumberRests) return 'rests' as const;
      throw error;
    });
    if (account === 'rests') return show(ctx, loginId, { login_id: t('form_errors.login_number_rests') });
    if (!account) return show(ctx, loginId, { login_id: t('form_errors.login_failed') });
    if (await mayOfferPasskey(ctx, account)) await interaction.setFacts({ offers_passkey: account.id });
    return admit(ctx, account, 'password', askedAt);
  };

  /** Whether this person is offered a passkey at the end of the request: in a browser that can make one, and not in a migration or on a device. */
  const mayOfferPasskey = async (ctx: InteractionContext, account: Account): Promise<boolean> => {
    const { client, legacy, dealerLink, device } = ctx.state.interaction;
    // マイページ has the offer itself.
    const isElsewhere = client.metadata.client_id !== ACCOUNT_CLIENT_ID;
    const mayAsk = isElsewhere && !legacy && !dealerLink && !device && formField(ctx, 'makes_passkeys') === 'yes';
    return mayAsk && isOffered(deps, account);
  };

  const ceremonyOf = ({ state: { interaction } }: InteractionContext): PasskeyCeremony => ({
    browserId: interaction.browserId,
    purpose: `login:${interaction.uid}`,
  });

  const postPasskey = async (ctx: InteractionContext): Promise<void> => {
    const askedAt = deps.clock();
    const signedIn = await passkeys.signIn(
      ceremonyOf(ctx),
      formField(ctx, 'credential'),
      originOf(ctx, ctx.state.interaction.client.metadata.client_id),
    );
    if (signedIn.account) return admit(ctx, signedIn.account, passkeyMethod(signedIn.passkey), askedAt);
    return show(ctx, formField(ctx, 'login_id'), { login_id: ctx.state.t('passkey_login.failed') }, signedIn.unknownId);
  };

  /** Signs the person in, after any method. @param askedAt when the form arrived */
  const admit = async (
    ctx: InteractionContext,
    account: Account,
    methodName: AuthenticationMethod,
    askedAt: EpochMilliseconds,
  ): Promise<void> => {
    const { interaction } = ctx.state;
    if (knownDevices.read(ctx, account.id) === undefined || reportStands(account))
      await tellOfNewDevice(deps, account, ctx.get('User-Agent'), askedAt);
    knownDevices.remember(ctx, account.id);
    // End another person's session, so that this person gets a new one.
    const client_id = interaction.client.metadata.client_id;
    const method = signedInBy(methodName);
    const data = { client_id, method: method.amr.join(' ') };
    const listed = { at: askedAt, client_id, method: methodName, interaction: interaction.uid, ...placeOf(deps, originOf(ctx)) };
    const signedIn = { type: 'account.signed_in' as const, subject: account.id, data, at: askedAt };
    await Promise.all([
      interaction.leaveSession(account.id),
      deps.storage.ledger.append(signedIn, `${interaction.uid}:${account.id}`),
      // The owner sees it. A second press of the same form adds nothing.
      deps.storage.signInHistories.change(account.id, (standing) => withSignIn(standing, listed)),
    ]);
    // Needed only if the request may concern another person; see the policy.
    if (interaction.legacy || interaction.facts.registration || interaction.facts.not_as !== undefined)
      await interaction.setFacts({ continue_as: account.id, not_as: undefined });
    // To sign in is to choose an account (`prompt=select_account`).
    return interaction.finish({
      select_account: {},
      // The interaction is for the second factor, which completes the entry of the history.
      login: { accountId: account.id, ...method, ts: authTimeOf(account, askedAt), interaction: interaction.uid },
    });
  };

  return {
    addRoutes(router) {
      router.get('/', get).post('/', post);
      router.get('/passkey/options', async (ctx) => {
        ctx.set('Cache-Control', 'no-store');
        ctx.body = await passkeys.options(ceremonyOf(ctx));
      });
      router.post('/passkey', postPasskey);
      router.post('/continue-as', async (ctx) => {
        const { interaction } = ctx.state;
        if (formField(ctx, 'decision') !== 'continue' || !interaction.accountId)
          return redirect(ctx, `${interaction.path}?other`);
        await interaction.setFacts({ continue_as: interaction.accountId, not_as: undefined });
        // Return no `login` result, because it would set `auth_time`, and nobody has authenticated now.
        return interaction.finish({});
      });
      router.post('/register', async (ctx) => {
        if (!(await mayRegister(ctx))) {
          return show(ctx, (await registeredEmail(ctx)) ?? '', { login_id: ctx.state.t('form_errors.registered_already') });
        }
        await ctx.state.interaction.setFacts({ wants: 'registration' });
        return ctx.state.interaction.finish({});
      });
      router.post('/cancel', async (ctx) => ctx.state.interaction.cancel());
    },
  };
}
