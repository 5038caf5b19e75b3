// ④–⑨ A new ID, where the client asks for it (Initiating User Registration via OpenID Connect 1.0) or the person chose it at the login.
import type { PolicyPrompt } from '../prompt.ts';

export const CREATE = {
  name: 'create',
  requestable: true,
  // It asks everybody, also a person who has an ID.
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
        // The legacy identity has an ID: it was linked before, or registered and the request then abandoned.
        if (migration?.account_id !== undefined || migration?.candidate !== undefined) return false;
        return !legacyHasRegistered;
      },
    },
  ],
} as const satisfies PolicyPrompt;
