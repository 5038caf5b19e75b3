// The shape of a prompt: a question to the person, and the checks that decide whether to ask it.
import type { PolicyFacts } from './policy-facts.ts';

export type PolicyCheck = {
  /** The name of the check. The interaction lists the failed checks for the step. */
  reason: string;
  /** The `error_description` for the client if it forbids the question (`prompt=none`). */
  description: string;
  /** The `error` in the same case (OpenID Connect Core 1.0, section 3.1.2.6). */
  error: 'interaction_required' | 'login_required' | 'consent_required' | 'account_selection_required';
  /** Whether the person has to be asked. */
  isNeeded: (facts: PolicyFacts) => boolean;
};

export type PolicyPrompt = {
  /** The name of its step, with `_` for `-`: src/interaction/dealer-link/ answers the prompt `dealer_link`. */
  name: string;
  /** Whether clients may request it by the parameter `prompt`. */
  requestable: boolean;
  /** The reasons of oidc-provider's built-in checks to remove. Its other checks of this prompt stay. */
  without: readonly string[];
  /** Our checks. The prompt is needed if any of them is. */
  checks: readonly PolicyCheck[];
};

/** Renamed steps, by their earlier name. In a rolling upgrade a node of the earlier version may have sent the browser there. */
export const RENAMED_STEPS: Record<string, string> = { link: 'finalize' };

/** Returns the step that answers a prompt, as it is named in paths and folders. */
export function stepOf(promptName: string): string {
  const step = promptName.replaceAll('_', '-');
  return RENAMED_STEPS[step] ?? step;
}
