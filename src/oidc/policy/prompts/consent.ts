// Asks for consent to the request of a third party or a native app. The checks are oidc-provider's own.
import type { PolicyPrompt } from '../prompt.ts';

export const CONSENT = {
  name: 'consent',
  requestable: true,
  // The prompt `dealer_link` asks for consent to dealer links, before the login.
  without: ['rar_prompt'],
  checks: [],
} as const satisfies PolicyPrompt;
