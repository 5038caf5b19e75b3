// The interaction policy. oidc-provider evaluates the prompts of prompts.ts in order until none is needed.
import { interactionPolicy } from 'oidc-provider';
import { PROMPTS } from './prompts.ts';
import { createPolicyFactsReader, type PolicyDeps } from './read-policy-facts.ts';

const { Check, Prompt, base } = interactionPolicy;

/** Makes oidc-provider's `interactions.policy` from our prompts and from its own checks for `login` and `consent`. */
export function createPolicy(deps: PolicyDeps): interactionPolicy.DefaultPolicy {
  const read = createPolicyFactsReader(deps);
  const policy = base();
  const prompts = PROMPTS.map(({ name, requestable, without, checks }) => {
    const prompt = policy.get(name) ?? new Prompt({ name, requestable });
    for (const reason of without) prompt.checks.remove(reason);
    for (const { reason, description, error, isNeeded } of checks) {
      prompt.checks.add(new Check(reason, description, error, async (ctx) => isNeeded(await read(ctx))));
    }
    return prompt;
  });
  policy.clear();
  for (const prompt of prompts) policy.add(prompt);
  return policy;
}
