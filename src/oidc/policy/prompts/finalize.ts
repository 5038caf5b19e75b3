// ⑭ Writes the migration and the dealer link, in each request with a legacy identity or a chosen dealer.
import { hasLink, standingChoice } from '../dealer-choice.ts';
import { belongsToAnother, type PolicyFacts } from '../policy-facts.ts';
import type { PolicyPrompt } from '../prompt.ts';

export const FINALIZE = {
  name: 'finalize',
  requestable: false,
  without: [],
  checks: [
    {
      reason: 'link_unwritten',
      description: 'the migration or the dealer link is not written',
      error: 'interaction_required',
      isNeeded(facts) {
        if (!facts.accountId) return false;
        if (isMigrationUnwritten(facts)) return true;
        const dealer = standingChoice(facts)?.dealer;
        return typeof dealer === 'string' && !hasLink(facts, dealer);
      },
    },
  ],
} as const satisfies PolicyPrompt;

/** Whether the step has to run for the migration. It also runs if the legacy identity belongs to another ID, to say so. */
function isMigrationUnwritten(facts: PolicyFacts): boolean {
  const { legacy, migration, accountId, codeChallenge } = facts;
  if (!legacy) return false;
  if (belongsToAnother(facts)) return true;
  const { candidate } = migration ?? {};
  const isProposed = candidate?.account_id === accountId && candidate?.code_challenge === codeChallenge;
  return migration?.account_id === undefined && !isProposed;
}
