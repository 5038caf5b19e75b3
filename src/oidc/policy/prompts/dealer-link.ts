// ⑩ Asks whether to link the ID with a dealer. It comes before the login, as in the guide.
import { hasLink, standingChoice } from '../dealer-choice.ts';
import { belongsToAnother } from '../policy-facts.ts';
import type { PolicyPrompt } from '../prompt.ts';

export const DEALER_LINK = {
  name: 'dealer_link',
  requestable: false,
  without: [],
  checks: [
    {
      reason: 'dealer_link_undecided',
      description: 'the dealer link was not decided on',
      error: 'consent_required',
      isNeeded(facts) {
        const { asksForDealerLink: asked } = facts;
        if (!asked || belongsToAnother(facts)) return false;
        return standingChoice(facts) === undefined && !hasLink(facts, asked.dealer);
      },
    },
  ],
} as const satisfies PolicyPrompt;
