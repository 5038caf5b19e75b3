// Asks for a second factor after the password: if the account has one, or if the client wants a stronger sign-in. A passkey needs none.
import { reaches } from '../../../domain/authentication-methods.ts';
import type { PolicyFacts } from '../policy-facts.ts';
import type { PolicyPrompt } from '../prompt.ts';

/** A person who has withdrawn the ID sets up nothing before that is taken back. */
const mayBeAsked = ({ account }: PolicyFacts): boolean =>
  account !== undefined && (account.withdrawal === undefined || account.second_factor !== undefined);

export const SECOND_FACTOR = {
  name: 'second_factor',
  requestable: false,
  without: [],
  checks: [
    {
      reason: 'second_factor_on',
      description: 'the person has switched a second factor on, and has not given it in this session',
      error: 'login_required',
      isNeeded: ({ account, acr, remembersSecondFactor }) =>
        account?.second_factor !== undefined && !remembersSecondFactor && !reaches(acr, 'urn:common-id:acr:mfa'),
    },
    {
      // The client's file wants a stronger sign-in than that of this session.
      reason: 'required_acr',
      description: 'the sign-in of this session is not as strong as the client requires',
      error: 'login_required',
      isNeeded: (facts) =>
        mayBeAsked(facts) && facts.client?.requiredAcr !== undefined && !reaches(facts.acr, facts.client.requiredAcr),
    },
    {
      // The same, if the request says so (OpenID Connect Core 1.0, section 5.5.1.1; RFC 9470, section 5).
      reason: 'essential_acr',
      description: 'the sign-in of this session is not as strong as the request demands',
      error: 'login_required',
      isNeeded: (facts) => mayBeAsked(facts) && facts.essentialAcr !== undefined && !reaches(facts.acr, facts.essentialAcr),
    },
  ],
} as const satisfies PolicyPrompt;
