// Offers a passkey to a person who has just signed in with a password. The login notes whether to; it comes last, so that every other
// question of the request is answered, and never in a migration.
import type { PolicyPrompt } from '../prompt.ts';

export const PASSKEY_OFFER = {
  name: 'passkey_offer',
  requestable: false,
  without: [],
  checks: [
    {
      reason: 'passkey_offered',
      description: 'a passkey is offered',
      error: 'interaction_required',
      isNeeded: ({ decided, account, legacy }) =>
        account !== undefined && decided.offers_passkey === account.id && legacy === undefined && !account.passkeys?.length,
    },
  ],
} as const satisfies PolicyPrompt;
