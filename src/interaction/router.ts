// Mounts the steps behind the loading of the interaction.
import compose from 'koa-compose';
import Router from 'koa-router';
import type Provider from 'oidc-provider';
import type { Middleware } from 'koa';
import type { Deps } from '../deps.ts';
import type { PageState } from '../http/page-context.ts';
import { PageError } from '../http/page-error.ts';
import { INTERACTION_PATH } from '../oidc/policy/interaction-url.ts';
import { createConsentStep } from './consent/routes.ts';
import { createCreateStep } from './create/routes.ts';
import { createDealerLinkStep } from './dealer-link/routes.ts';
import { canResume, createGoToCurrent } from './go-to-current.ts';
import type { InteractionState, InteractionStep } from './interaction-context.ts';
import { createLinkStep } from './link/routes.ts';
import { createLoadInteraction } from './load-interaction.ts';
import { createLoginStep } from './login/routes.ts';
import { createRequiredProfileStep } from './required-profile/routes.ts';
import { createTermsStep } from './terms/routes.ts';

/** In the order of the policy. */
function createSteps(deps: Deps): InteractionStep[] {
  return [
    createCreateStep(deps),
    createDealerLinkStep(deps),
    createLoginStep(deps),
    createTermsStep(deps),
    createRequiredProfileStep(deps),
    createLinkStep(deps),
    createConsentStep(deps),
  ];
}

/** /interaction/<uid>/<step>, and whatever the step has below it. */
const STEP_PATH = new RegExp(`^${INTERACTION_PATH}/(?<uid>[\\w-]+)/(?<step>[a-z-]+)(?:/|$)`);

/** oidc-provider's path on which a finished interaction is taken up. */
const RESUME_PATH = /^\/auth\/(?<uid>[\w-]+)$/;

/** Answers every path of an interaction; other paths go on. */
export function createInteractionRouter(
  deps: Deps,
  provider: Provider,
  forms: Middleware<PageState>[],
): Middleware<InteractionState> {
  const loadInteraction = createLoadInteraction(deps, provider);
  const uidOf = (path: string): string => STEP_PATH.exec(path)?.groups?.uid ?? '';
  const steps = new Map<string, Middleware<InteractionState>>();
  for (const step of createSteps(deps)) {
    const router = new Router<InteractionState>({ prefix: `${INTERACTION_PATH}/:uid/${step.path}` });
    step.addRoutes(router);
    const methodNotAllowed = (): PageError => new PageError('method_not_allowed');
    steps.set(
      step.path,
      compose([
        ...forms,
        loadInteraction(step.path, uidOf),
        router.routes(),
        router.allowedMethods({ throw: true, methodNotAllowed, notImplemented: methodNotAllowed }),
      ] as Middleware<InteractionState>[]),
    );
  }
  const goToCurrent = createGoToCurrent(deps, provider);
  return async function answerInteraction(ctx, next) {
    const resumed = RESUME_PATH.exec(ctx.path)?.groups?.uid;
    // Taken up before, by the first of two presses.
    if (resumed && ctx.method === 'GET' && !(await canResume(ctx, resumed, provider))) return goToCurrent(ctx, resumed);
    const step = steps.get(STEP_PATH.exec(ctx.path)?.groups?.step ?? '');
    return step ? step(ctx, next) : next();
  };
}
