// What a prompt is made of: a question to the person, and the checks that tell whether it has to be asked.
import type { PolicyFacts } from './policy-facts.ts';

export type PolicyCheck = {
  /** Names the check in the interaction, where the step can read which checks failed. */
  reason: string;
  /** What the client reads where it forbids the question (`prompt=none`): `error_description` … */
  description: string;
  /** … and `error` (OpenID Connect Core 1.0, section 3.1.2.6). */
  error: 'interaction_required' | 'login_required' | 'consent_required' | 'account_selection_required';
  /** Whether the person has to be asked. */
  isNeeded: (facts: PolicyFacts) => boolean;
};

export type PolicyPrompt = {
  /** The step's name in paths with `_` for `-`: the prompt `dealer_link` is answered by src/interaction/dealer-link/. */
  name: string;
  /** Whether clients may ask for it by the parameter `prompt`. */
  requestable: boolean;
  /** The reasons of oidc-provider's own checks that these take the place of; its other checks of this prompt stay. */
  without: readonly string[];
  /** The prompt comes up where one of them is needed. */
  checks: readonly PolicyCheck[];
};

/** Steps that were renamed, by their earlier name. A node of the earlier version may have sent the browser there, in a rolling upgrade. */
export const RENAMED_STEPS: Record<string, string> = { link: 'finalize' };

/** The step that answers a prompt, as it stands in paths and folders. */
export function stepOf(promptName: string): string {
  const step = promptName.replaceAll('_', '-');
  return RENAMED_STEPS[step] ?? step;
}
