// Who the person is. oidc-provider asks where nobody is signed in, or too long ago for the request; these checks ask in more cases.
import { signInIsOver } from '../../../domain/account.ts';
import { isTooOld } from '../../sessions/session-lifetime.ts';
import type { PolicyPrompt } from '../prompt.ts';

export const LOGIN = {
  name: 'login',
  requestable: true,
  // It knows the hint while the request arrives, and not any more when somebody has signed in.
  without: ['id_token_hint'],
  checks: [
    {
      // A client that names a person by `id_token_hint` gets no code for another one (OpenID Connect Core 1.0, section 3.1.2.1).
      reason: 'id_token_hint',
      description: 'id_token_hint names another person than the one who is signed in',
      error: 'login_required',
      isNeeded: ({ hint }) => hint !== undefined && hint.subject !== hint.signedIn,
    },
    {
      // The password or the address has changed since, the person has ended the session, or it is too old.
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
      // Another person was signed in before this one registered, and has not said that they want to go on with their own ID.
      reason: 'not_the_registered_account',
      description: 'the account that was just registered has not signed in',
      error: 'login_required',
      isNeeded({ accountId, decided: { registration, continue_as: continueAs } }) {
        if (!accountId || continueAs === accountId) return false;
        return registration !== undefined && registration.account_id !== accountId;
      },
    },
    {
      // A session from before this request may be another person's than the one who is migrating.
      reason: 'person_unconfirmed',
      description: 'whether to go on as the signed-in person was not decided',
      error: 'account_selection_required',
      isNeeded({ accountId, decided, legacy, migration }) {
        if (!accountId || !legacy) return false;
        if (decided.not_as === accountId) return true;
        if (decided.continue_as === accountId) return false;
        return migration?.account_id !== accountId && migration?.candidate?.account_id !== accountId;
      },
    },
  ],
} as const satisfies PolicyPrompt;
