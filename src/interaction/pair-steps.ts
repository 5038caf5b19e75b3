// Pairs the prompts of the policy with the steps. The program does not start if a prompt or a step has no counterpart.
import { stepOf } from '../oidc/policy/prompt.ts';
import { PROMPTS } from '../oidc/policy/prompts.ts';

/**
 * Sorts the steps in the order of the policy.
 * @param steps the steps by the name of their prompt
 * @param hasView whether the common ID has a view
 * @throws {Error} if a prompt has no step, a step has no prompt, a page of a step has no view, or a step that needs a signed-in person
 *   comes before the login; the message says what to change
 */
export function pairSteps<Step extends { needsPerson?: boolean; pages: readonly (readonly string[])[] }>(
  steps: ReadonlyMap<string, Step>,
  hasView: (view: string) => boolean,
): [prompt: string, step: Step][] {
  const prompts: string[] = PROMPTS.map(({ name }) => name);
  const login = prompts.indexOf('login');
  for (const name of steps.keys()) {
    if (prompts.includes(name)) continue;
    throw new Error(
      `The step '${name}' in src/interaction/steps.ts has no prompt, so nobody is ever sent to it. ` +
        `Add src/oidc/policy/prompts/${stepOf(name)}.ts, and its prompt to PROMPTS in src/oidc/policy/prompts.ts.`,
    );
  }
  return prompts.map((name, place) => {
    const step = steps.get(name);
    if (step === undefined) {
      throw new Error(
        `The prompt '${name}' in src/oidc/policy/prompts.ts has no step, so nobody can answer it. ` +
          `Add src/interaction/${stepOf(name)}/routes.ts, and its step to STEPS in src/interaction/steps.ts.`,
      );
    }
    if (step.needsPerson && place < login) {
      throw new Error(
        `The step '${name}' needs a person who is signed in, and is asked before 'login'. ` +
          'Move its prompt behind LOGIN in src/oidc/policy/prompts.ts.',
      );
    }
    const missing = step.pages.flat().find((view) => !hasView(view));
    if (missing !== undefined || step.pages.length === 0) {
      throw new Error(
        missing === undefined
          ? `The step '${name}' in src/interaction/steps.ts has no pages, so nobody can answer it. Name its views in 'pages'.`
          : `The step '${name}' shows the view '${missing}', which does not exist. Add views/common-id/${missing}.ejs.`,
      );
    }
    return [name, step];
  });
}
