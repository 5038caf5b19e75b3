// Whether a third party, or a native app, may have what it asks for. The checks are oidc-provider's own.
import type { PolicyPrompt } from '../prompt.ts';

export const CONSENT = {
  name: 'consent',
  requestable: true,
  // Dealer links are asked about by a prompt of their own, before the login.
  without: ['rar_prompt'],
  checks: [],
} as const satisfies PolicyPrompt;
