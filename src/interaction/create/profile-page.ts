// ⑦ 情報の登録: asks for the password and the profile, which is prefilled from the owners site.
import { randomUUID } from 'node:crypto';
import type { Deps } from '../../deps.ts';
import type { Profile } from '../../domain/account.ts';
import { PREFECTURES } from '../../domain/postal-code.ts';
import { withTyped, type RegistrationDraft } from '../../domain/registration-draft.ts';
import { hashAsker } from '../../authentication/password/hash-asker.ts';
import { page } from '../../http/page-context.ts';
import { formField } from '../../http/read-form.ts';
import type { AddRoutes, InteractionContext } from '../interaction-context.ts';
import { askAboutPrefecture, findAddress, placeChoices, withChosenPlace } from '../../profile/find-address.ts';
import { splitForm } from '../../profile/known-profile.ts';
import { passwordProblem, passwordRule } from '../../authentication/password/password-form.ts';
import { formOf, profileFields, readProfileForm, readTyped, sentences, type Typed } from '../../profile/profile-form.ts';
import { profileAsked } from './flow.ts';
import type { Registration } from './registration.ts';

type Shown = { values: Typed; errors?: Record<string, string> };

/** Makes page ⑦. */
export function createProfilePage(
  deps: Pick<Deps, 'config' | 'clock' | 'commonPasswords' | 'hasher'>,
  registration: Registration,
): AddRoutes {
  const askedIn = (ctx: InteractionContext) => profileAsked(ctx.state.interaction.dealerLink !== undefined);
  const handedOver = (ctx: InteractionContext): Profile => ctx.state.interaction.legacy?.profile.profile ?? {};

  const show = (ctx: InteractionContext, draft: RegistrationDraft, { values, errors = {} }: Shown): void => {
    const legacy = profileFields(handedOver(ctx));
    const asked = askedIn(ctx);
    const { edit } = ctx.query;
    const shown = { values, errors, ...(typeof edit === 'string' && { edit }) };
    page(ctx, 'profile', {
      kind: 'step',
      title: ctx.state.t('profile.title'),
      action: registration.pathOf(ctx, 'profile'),
      email: draft.email,
      values,
      prefilled: Object.entries(values).some(([field, value]) => value !== '' && legacy[field] === value),
      required: formOf(asked).required,
      sections: splitForm(asked, draft.profile ?? handedOver(ctx), shown, { ...ctx.state, now: deps.clock() }),
      prefectures: PREFECTURES,
      places: placeChoices(values),
      policy: passwordRule(deps),
      passwordKept: draft.password_hash !== undefined,
      errors,
    });
  };

  const post = async (ctx: InteractionContext): Promise<void> => {
    const draft = await registration.draftToFill(ctx, 'profile');
    if (!draft) return;
    const asked = askedIn(ctx);
    const values = withChosenPlace(readTyped(ctx, asked.keys()));
    if (formField(ctx, 'action') === 'find_address') {
      const { problems, values: found } = findAddress(values);
      return show(ctx, draft, { values: found, errors: sentences(problems, ctx.state.t) });
    }

    const { profile, problems } = readProfileForm(values, asked, deps.clock());
    const asks = askAboutPrefecture(values, profile, draft.profile ?? {}, ctx.state.t);
    const errors = { ...asks?.errors, ...sentences(problems, ctx.state.t) };
    const password = formField(ctx, 'password');
    // If the person came back from ⑧ and left the password empty, keep the earlier one.
    const kept = password === '' && draft.password_hash !== undefined;
    const problem = kept ? undefined : passwordProblem(deps, password, { email: draft.email, profile }, ctx.state.t);
    if (problem) errors.password = problem;
    if (Object.keys(errors).length) return show(ctx, draft, { values: asks?.values ?? values, errors });
    const typed = {
      profile,
      password_hash: kept ? undefined : await deps.hasher.hash(password, hashAsker(ctx.ip, { kind: 'draft', id: draft.id })),
      newAccountId: randomUUID(),
      checkedFor: draft.email_canonical,
    };
    const { browserId } = ctx.state.interaction;
    return registration.goOn(ctx, await registration.change(ctx, 'profile', (standing) => withTyped(standing, typed, browserId)));
  };

  return (router) => {
    router.get('/profile', async (ctx) => {
      const draft = await registration.draftFor(ctx, 'profile');
      if (!draft) return;
      // To fill in this page may take a person longer than an hour.
      await ctx.state.interaction.keep();
      show(ctx, draft, { values: profileFields(draft.profile ?? handedOver(ctx)) });
    });
    router.post('/profile', post);
  };
}
