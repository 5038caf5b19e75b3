// Asks for consent to the request of a third party, a native app or a device. oidc-provider's own checks know the first two.
import type { PolicyPrompt } from '../prompt.ts';

export const CONSENT = {
  name: 'consent',
  requestable: true,
  // The prompt `dealer_link` asks for consent to dealer links, before the login.
  without: ['rar_prompt'],
  checks: [
    {
      // Also if the service was granted everything before: another person may have sent the code of their own device (RFC 8628,
      // section 5.4).
      reason: 'device',
      description: 'a device may be signed in only by a person who agrees to it now',
      error: 'consent_required',
      isNeeded: ({ deviceNeedsConsent }) => deviceNeedsConsent,
    },
  ],
} as const satisfies PolicyPrompt;
