// お客様情報の編集.
import type { Deps } from '../../deps.ts';
import type { Profile, ProfileKey } from '../../domain/account.ts';
import { guardedChanges } from '../../domain/guarded-profile.ts';
import { PREFECTURES } from '../../domain/postal-code.ts';
import { formField } from '../../http/read-form.ts';
import { findAddress } from '../../profile/find-address.ts';
import { createPasswordAgain } from '../../authentication/password/password-again.ts';
import { FIELDS_OF, profileFields, readProfileForm, sentences, type Typed } from '../../profile/profile-form.ts';
import type { AccountContext, AddAccountRoutes } from '../account-context.ts';
import { accountPage, backToOverview } from '../account-page.ts';
import { changeProfile } from './flow.ts';

/** What the page asks. A name is needed; a birth date can be mended but not taken away, because it guards the password's reset. */
function asked({ birthdate }: Profile): Map<ProfileKey, { required: boolean }> {
  return new Map([
    ['family_name', { required: true }],
    ['given_name', { required: true }],
    ['family_name_kana', { required: true }],
    ['given_name_kana', { required: true }],
    ['phone_number', { required: false }],
    ['address', { required: false }],
    ['birthdate', { required: birthdate !== undefined }],
    ['gender', { required: false }],
  ]);
}

export function createProfilePage(deps: Deps): AddAccountRoutes {
  const passwordAgain = createPasswordAgain(deps);

  const show = (
    ctx: AccountContext,
    { values, errors = {}, towns = [] }: { values: Typed; errors?: Record<string, string>; towns?: string[] },
  ): void => {
    const claims = [...asked(ctx.state.session.account.profile)];
    accountPage(ctx, 'account-profile', {
      title: ctx.state.t('account_profile.title'),
      action: '/account/profile',
      backUrl: '/account',
      values,
      towns,
      required: Object.fromEntries(
        claims.flatMap(([claim, { required }]) => (required ? FIELDS_OF[claim] : [])).map((f) => [f, true]),
      ),
      prefectures: PREFECTURES,
      errors,
    });
  };

  const post = async (ctx: AccountContext): Promise<void> => {
    const { session, t } = ctx.state;
    const claims = asked(session.account.profile);
    const fields = [...claims.keys()].flatMap((claim) => FIELDS_OF[claim]);
    const values = Object.fromEntries(fields.map((field) => [field, formField(ctx, field)]));
    if (formField(ctx, 'action') === 'find_address') {
      const { problems, ...found } = findAddress(values);
      return show(ctx, { ...found, errors: sentences(problems, t) });
    }
    const { profile, problems } = readProfileForm(values, claims, deps.clock());
    if (Object.keys(problems).length) return show(ctx, { values, errors: sentences(problems, t) });
    const guarded = guardedChanges(session.account, profile, deps.clock());
    const form = { action: '/account/profile', backUrl: '/account/profile', typed: values };
    if (guarded.length && !(await passwordAgain(ctx, session, form))) return;
    if (await changeProfile(deps, session.account.id, profile, guarded.length > 0)) return backToOverview(ctx, 'profile');
    // Another request has changed the profile since, so this write would change a guarded claim.
    if (await passwordAgain(ctx, session, form)) {
      await changeProfile(deps, session.account.id, profile, true);
      return backToOverview(ctx, 'profile');
    }
  };

  return (router) => {
    router.get('/account/profile', (ctx) => show(ctx, { values: profileFields(ctx.state.session.account.profile) }));
    router.post('/account/profile', post);
  };
}
