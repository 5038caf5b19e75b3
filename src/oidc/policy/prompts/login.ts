// Authenticates the person. oidc-provider's own check asks if nobody is signed in; these checks add more cases.
import { signInIsOver } from '../../../domain/account.ts';
import { reaches } from '../../../domain/authentication-methods.ts';
import { isTooOld } from '../../sessions/session-lifetime.ts';
import type { PolicyPrompt } from '../prompt.ts';

export const LOGIN = {
  name: 'login',
  requestable: true,
  // The built-in checks know the hint only when the request arrives, and no longer after the sign-in; ignore the `values` of `sub`; have
  // another clock; and ask again after a stronger sign-in than the demanded one.
  without: ['id_token_hint', 'claims_id_token_sub_value', 'max_age', 'essential_acrs', 'essential_acr'],
  checks: [
    {
      // A client that names a person by `id_token_hint` must not get a code for another one (OpenID Connect Core 1.0, section
      // 3.1.2.1).
      reason: 'id_token_hint',
      description: 'id_token_hint names another person than the one who is signed in',
      error: 'login_required',
      isNeeded: ({ hint }) => hint !== undefined && hint.subject !== hint.signedIn,
    },
    {
      // The same for a person who is named by the `claims` parameter (section 5.5.1).
      reason: 'claims_sub',
      description: 'the claims parameter names another person than the one who is signed in',
      error: 'login_required',
      isNeeded: ({ wanted }) => wanted !== undefined && !wanted.subjects.includes(wanted.signedIn),
    },
    {
      reason: 'max_age',
      description: 'the sign-in is older than max_age',
      error: 'login_required',
      isNeeded: ({ accountId, authTime = 0, maxAge, now }) =>
        accountId !== undefined && maxAge !== undefined && Math.floor(now / 1000) - authTime > maxAge,
    },
    {
      // The password or the address has changed since the sign-in, the person has ended the session, or the session is too old.
      reason: 'sign_in_over',
      description: 'the sign-in of this session counts no more',
      error: 'login_required',
      isNeeded({ account, authTime, sessionUid, config, now }) {
        if (!account) return false;
        const isOver = signInIsOver(account, { authTime, sessionUid, endsWithSession: true });
        return isOver || isTooOld(config.lifetimes, { loginTs: authTime }, now);
      },
    },
    {
      // An earlier version did not note the class. What a password does not reach is asked for by the prompt `second_factor`.
      reason: 'acr_unknown',
      description: 'it is not known how the person signed in in this session',
      error: 'login_required',
      isNeeded: ({ accountId, acr, client, essentialAcr }) =>
        accountId !== undefined &&
        (client?.requiredAcr ?? essentialAcr) !== undefined &&
        !reaches(acr, 'urn:common-id:acr:password'),
    },
    {
      // Another person is signed in than the one who has just registered, and has not chosen to continue with their own ID.
      reason: 'not_the_registered_account',
      description: 'the account that was just registered has not signed in',
      error: 'login_required',
      isNeeded({ accountId, decided: { registration, continue_as: continueAs } }) {
        if (!accountId || continueAs === accountId) return false;
        return registration !== undefined && registration.account_id !== accountId;
      },
    },
    {
      // 「別のIDでログインする」 was pressed.
      reason: 'another_account_wanted',
      description: 'the person wants to continue with another account',
      error: 'login_required',
      isNeeded: ({ accountId, decided }) => accountId !== undefined && decided.not_as === accountId,
    },
    {
      // An existing session may belong to another person than the migrating legacy user.
      reason: 'person_unconfirmed',
      description: 'whether to go on as the signed-in person was not decided',
      error: 'account_selection_required',
      isNeeded({ accountId, decided, legacy, migration }) {
        if (!accountId || !legacy) return false;
        if (decided.continue_as === accountId) return false;
        return migration?.account_id !== accountId && migration?.candidate?.account_id !== accountId;
      },
    },
  ],
} as const satisfies PolicyPrompt;
