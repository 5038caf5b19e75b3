// Asks which account to continue with, if the client requests it (OpenID Connect Core 1.0, section 3.1.2.1).
import type { PolicyPrompt } from '../prompt.ts';

export const SELECT_ACCOUNT = {
  name: 'select_account',
  requestable: true,
  // The built-in check would also ask somebody who has just signed in, or who is about to.
  without: ['select_account_prompt'],
  checks: [
    {
      reason: 'account_selection_requested',
      description: 'the choice of an account was requested',
      error: 'account_selection_required',
      // If nobody is signed in, the login is the choice.
      isNeeded: ({ asksForSelection, accountId }) => asksForSelection && accountId !== undefined,
    },
  ],
} as const satisfies PolicyPrompt;
