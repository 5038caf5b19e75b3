// ④–⑨ Registers a new ID, if the client requests it (Initiating User Registration via OpenID Connect 1.0) or the person chose it
// at login.
import type { PolicyPrompt } from '../prompt.ts';

export const CREATE = {
  name: 'create',
  requestable: true,
  // The built-in check would also ask a person who already has an ID.
  without: ['create_prompt'],
  checks: [
    {
      reason: 'registration_requested',
      description: 'registration was requested',
      error: 'interaction_required',
      isNeeded({ decided, asksForRegistration, legacy, migration, legacyHasRegistered }) {
        const wanted = decided.wants ?? (asksForRegistration ? 'registration' : 'login');
        if (wanted === 'login' || decided.registration) return false;
        if (!legacy) return true;
        // The legacy identity has an ID already: it was linked earlier, or it registered and abandoned the request.
        if (migration?.account_id !== undefined || migration?.candidate !== undefined) return false;
        return !legacyHasRegistered;
      },
    },
  ],
} as const satisfies PolicyPrompt;
