// お客様情報の編集: edits the profile.
import type { Deps } from '../../deps.ts';
import { guardedChanges } from '../../domain/guarded-profile.ts';
import { PREFECTURES } from '../../domain/postal-code.ts';
import { PROFILE_FIELDS, type Profile } from '../../domain/profile-fields.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import { askAboutPrefecture, findAddress, placeChoices, withChosenPlace } from '../../profile/find-address.ts';
import { createPasswordAgain } from '../../authentication/password/password-again.ts';
import {
  askFor,
  formOf,
  profileFields,
  readProfileForm,
  readTyped,
  sentences,
  type Asked,
  type Typed,
} from '../../profile/profile-form.ts';
import type { AccountContext, AddAccountRoutes } from '../account-context.ts';
import { accountPage, backToOverview } from '../account-page.ts';
import { changeProfile } from './flow.ts';

/** Returns the claims that the page asks for: all of them. */
function askedOf(profile: Profile): Asked {
  return askFor((key) => {
    const { account } = PROFILE_FIELDS[key].asked;
    return account === 'required' || (account === 'kept' && profile[key] !== undefined);
  });
}

/** Makes the page that edits the profile. */
export function createProfilePage(deps: Deps): AddAccountRoutes {
  const passwordAgain = createPasswordAgain(deps);

  const show = (ctx: AccountContext, { values, errors = {} }: { values: Typed; errors?: Record<string, string> }): void => {
    accountPage(ctx, 'account-profile', {
      title: ctx.state.t('account_profile.title'),
      action: '/account/profile',
      backUrl: '/account',
      offersLoginNumber: deps.config.sms !== undefined,
      values,
      places: placeChoices(values),
      ...formOf(askedOf(ctx.state.session.account.profile)),
      prefectures: PREFECTURES,
      errors,
    });
  };

  const post = async (ctx: AccountContext): Promise<void> => {
    const { session, t } = ctx.state;
    const asked = askedOf(session.account.profile);
    const values = withChosenPlace(readTyped(ctx, asked.keys()));
    if (formField(ctx, 'action') === 'find_address') {
      const { problems, values: found } = findAddress(values);
      return show(ctx, { values: found, errors: sentences(problems, t) });
    }
    const { profile, problems } = readProfileForm(values, asked, deps.clock());
    const asks = askAboutPrefecture(values, profile, session.account.profile, t);
    const errors = { ...asks?.errors, ...sentences(problems, t) };
    if (Object.keys(errors).length) return show(ctx, { values: asks?.values ?? values, errors });
    const guarded = guardedChanges(session.account, profile, deps.clock());
    const form = { action: '/account/profile', backUrl: '/account/profile', typed: values };
    if (guarded.length && !(await passwordAgain(ctx, session, form))) return;
    if (await changeProfile(deps, session.account, profile, guarded.length > 0)) return backToOverview(ctx, 'profile');
    // Another request has changed the profile in between, so this write would now change a guarded claim.
    if (await passwordAgain(ctx, session, form)) {
      if (await changeProfile(deps, session.account, profile, true)) return backToOverview(ctx, 'profile');
      // A new password has ended the sign-in since: the page asks for another one.
      return redirect(ctx, '/account/profile');
    }
  };

  return (router) => {
    router.get('/account/profile', (ctx) => show(ctx, { values: profileFields(ctx.state.session.account.profile) }));
    router.post('/account/profile', post);
  };
}
