// ⑪–⑬ Asks for the claims that the client's file requires, if they are missing or not confirmed for this client.
import { missingRequiredClaims } from '../../../domain/required-profile.ts';
import { belongsToAnother } from '../policy-facts.ts';
import type { PolicyPrompt } from '../prompt.ts';

export const REQUIRED_PROFILE = {
  name: 'required_profile',
  requestable: false,
  without: [],
  checks: [
    {
      reason: 'required_profile_missing',
      description: 'information that the service requires is missing',
      error: 'interaction_required',
      isNeeded(facts) {
        const { account, client, now } = facts;
        if (!account || !client || belongsToAnother(facts)) return false;
        return missingRequiredClaims(account, client.metadata.client_id, client.requiredClaims, now).length > 0;
      },
    },
  ],
} as const satisfies PolicyPrompt;
