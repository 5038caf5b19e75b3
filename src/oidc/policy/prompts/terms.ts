// Asks the person to agree again after the terms have changed.
import { mustAgreeAgain } from '../../../domain/terms.ts';
import type { PolicyPrompt } from '../prompt.ts';

export const TERMS = {
  name: 'terms',
  requestable: false,
  without: [],
  checks: [
    {
      reason: 'terms_changed',
      description: 'the terms that the person agreed to have changed',
      error: 'interaction_required',
      isNeeded: ({ account, config, now }) => account !== undefined && mustAgreeAgain(config.terms, account.terms, now),
    },
  ],
} as const satisfies PolicyPrompt;
