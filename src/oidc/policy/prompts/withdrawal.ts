// Asks a person who has withdrawn the ID (退会) whether to take that back.
import type { PolicyPrompt } from '../prompt.ts';

export const WITHDRAWAL = {
  name: 'withdrawal',
  requestable: false,
  without: [],
  checks: [
    {
      reason: 'account_withdrawn',
      description: 'the person has withdrawn the ID',
      error: 'interaction_required',
      isNeeded: ({ account }) => account?.withdrawal !== undefined,
    },
  ],
} as const satisfies PolicyPrompt;
