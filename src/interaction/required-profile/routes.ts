// ⑪ asks for the claims that this client requires, ⑫ shows them for confirmation, ⑬ says that it is done.
import type { Deps } from '../../deps.ts';
import type { ProfileKey } from '../../domain/account.ts';
import { PREFECTURES } from '../../domain/postal-code.ts';
import { missingRequiredClaims } from '../../domain/required-profile.ts';
import { page } from '../../http/page-context.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import type { SignedInContext, SignedInStep } from '../interaction-context.ts';
import {
  fieldsOf,
  formOf,
  profileFields,
  profileRows,
  readProfileForm,
  readTyped,
  sentences,
  type Asked,
  type Typed,
} from '../../profile/profile-form.ts';
import { createPasswordAgain } from '../../authentication/password/password-again.ts';
import { askAboutPrefecture, findAddress, placeChoices, withChosenPlace } from '../../profile/find-address.ts';
import { changesGuarded, confirmProfile } from './flow.ts';

type Shown = { typed?: Typed; errors?: Record<string, string> };

/** Makes the step that answers the prompt `required_profile`. */
export function createRequiredProfileStep(deps: Deps): SignedInStep {
  const { clock } = deps;
  const passwordAgain = createPasswordAgain(deps);
  /** Returns all required claims and not only the missing ones, because the person confirms all of them. */
  const claimsOf = (ctx: SignedInContext): ProfileKey[] => ctx.state.interaction.client.requiredClaims.map(({ claim }) => claim);

  const askedIn = (ctx: SignedInContext): Asked => new Map(claimsOf(ctx).map((claim) => [claim, { required: true }]));

  const isMissing = (ctx: SignedInContext): boolean => {
    const { account, client } = ctx.state.interaction;
    const { metadata, requiredClaims } = client;
    return missingRequiredClaims(account, metadata.client_id, requiredClaims, clock()).length > 0;
  };

  const show = (ctx: SignedInContext, { typed, errors = {} }: Shown): void => {
    const { interaction, language, t } = ctx.state;
    const own = profileFields(interaction.account.profile);
    const handedOver = profileFields(interaction.legacy?.profile.profile ?? {});
    const values = typed ?? { ...handedOver, ...own, ...profileFields(interaction.facts.typed_profile ?? {}) };
    const sourceOf = (field: string): 'account' | 'legacy' | undefined => {
      if (!values[field]) return undefined;
      if (own[field] === values[field]) return 'account';
      return handedOver[field] === values[field] ? 'legacy' : undefined;
    };
    const claims = claimsOf(ctx);
    page(ctx, 'required-profile', {
      kind: 'step',
      title: t('required_profile.title', { service: interaction.client.destination[language] }),
      action: interaction.path,
      cancelAction: `${interaction.path}/cancel`,
      clientName: interaction.client.destination[language],
      ...formOf(askedIn(ctx)),
      prefectures: PREFECTURES,
      places: placeChoices(values),
      reasons: Object.fromEntries(interaction.client.requiredClaims.map(({ claim, reason }) => [claim, reason[language]])),
      values,
      prefilled: Object.fromEntries(claims.flatMap(fieldsOf).map((field) => [field, sourceOf(field)])),
      errors,
    });
  };

  const get = (ctx: SignedInContext): void => {
    if (!isMissing(ctx)) return redirect(ctx, `${ctx.state.interaction.path}/done`);
    return show(ctx, {});
  };

  const post = async (ctx: SignedInContext): Promise<void> => {
    const { interaction, t } = ctx.state;
    const asked = askedIn(ctx);
    const typed = withChosenPlace(readTyped(ctx, asked.keys()));
    if (formField(ctx, 'action') === 'find_address') {
      const { values, problems } = findAddress(typed);
      return show(ctx, { typed: values, errors: sentences(problems, t) });
    }
    const { profile, problems } = readProfileForm(typed, asked, clock());
    const standing = { ...interaction.account.profile, ...interaction.facts.typed_profile };
    const asks = askAboutPrefecture(typed, profile, standing, t);
    const errors = { ...asks?.errors, ...sentences(problems, t) };
    if (Object.keys(errors).length) return show(ctx, { typed: asks?.values ?? typed, errors });
    await interaction.setFacts({ typed_profile: profile });
    return redirect(ctx, `${interaction.path}/confirm`);
  };

  const getConfirm = (ctx: SignedInContext): void => {
    const { interaction, language, t } = ctx.state;
    const typed = interaction.facts.typed_profile;
    if (!typed) return redirect(ctx, interaction.path);
    page(ctx, 'required-profile-confirm', {
      kind: 'step',
      title: t('required_profile_confirm.title', { service: interaction.client.destination[language] }),
      action: `${interaction.path}/confirm`,
      backUrl: interaction.path,
      clientName: interaction.client.destination[language],
      rows: profileRows(typed, claimsOf(ctx), ctx.state),
    });
  };

  const postConfirm = async (ctx: SignedInContext): Promise<void> => {
    const { interaction } = ctx.state;
    const typed = interaction.facts.typed_profile;
    if (!typed) return redirect(ctx, interaction.path);
    const session = await interaction.currentSession();
    // The person has signed out meanwhile, so let the policy ask for the login.
    if (!session) return interaction.finish({});
    const form = { action: `${interaction.path}/confirm`, backUrl: interaction.path, typed: {} };
    const guarded = changesGuarded(session.account, typed, clock());
    if (guarded && !(await passwordAgain(ctx, session, form))) return;
    const clientId = interaction.client.metadata.client_id;
    // If the profile was changed meanwhile, show the current values.
    if (!(await confirmProfile(deps, session.account, clientId, typed, claimsOf(ctx), guarded)))
      return redirect(ctx, interaction.path);
    await interaction.follow({ step: 'confirmed' });
    await interaction.setFacts({ typed_profile: undefined });
    return redirect(ctx, `${interaction.path}/done`);
  };

  const getDone = (ctx: SignedInContext): void => {
    const { interaction, t } = ctx.state;
    if (isMissing(ctx)) return redirect(ctx, interaction.path);
    page(ctx, 'required-profile-done', {
      kind: 'note',
      title: t('required_profile_done.title'),
      action: `${interaction.path}/done`,
    });
  };

  return {
    needsPerson: true,
    addRoutes(router) {
      router.get('/', get).post('/', post);
      router.get('/confirm', getConfirm).post('/confirm', postConfirm);
      router.get('/done', getDone);
      router.post('/done', async (ctx) => ctx.state.interaction.finish({ required_profile: {} }));
      router.post('/cancel', async (ctx) => ctx.state.interaction.cancel());
    },
  };
}
