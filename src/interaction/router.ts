// Mounts the steps below /interaction/<uid>/<step>. Each answers one prompt of the policy.
import compose from 'koa-compose';
import Router from 'koa-router';
import type Provider from 'oidc-provider';
import type { Middleware } from 'koa';
import type { Deps } from '../deps.ts';
import type { PageState } from '../http/page-context.ts';
import { hasView } from '../http/page-app.ts';
import { leadToPage } from '../http/lead-to-page.ts';
import { PageError } from '../http/page-error.ts';
import { INTERACTION_PATH } from '../oidc/policy/interaction-url.ts';
import { RENAMED_STEPS, stepOf } from '../oidc/policy/prompt.ts';
import { canResume, createGoToCurrent } from './go-to-current.ts';
import type { InteractionState } from './interaction-context.ts';
import { createLoadInteraction } from './load-interaction.ts';
import { pairSteps } from './pair-steps.ts';
import { requestIsOver } from './recent-request.ts';
import { createRequirePerson } from './require-person.ts';
import { STEPS } from './steps.ts';

/** Makes the middleware of a step's routes, below its path. */
function mount<State>(prefix: string, { addRoutes }: { addRoutes: (router: Router<State>) => void }) {
  const router = new Router<State>({ prefix });
  addRoutes(router);
  const methodNotAllowed = (): PageError => new PageError('method_not_allowed');
  return [
    router.routes(),
    leadToPage(router),
    router.allowedMethods({ throw: true, methodNotAllowed, notImplemented: methodNotAllowed }),
  ];
}

/** /interaction/<uid>/<step>, and the paths of the step below it. */
const STEP_PATH = new RegExp(`^${INTERACTION_PATH}/(?<uid>[\\w-]+)/(?<step>[\\w-]+)(?:/|$)`);

/** oidc-provider's paths on which it resumes after an interaction; the second one in the device flow. */
const RESUME_PATH = /^\/(?:auth|device)\/(?<uid>[\w-]+)$/;

/**
 * Makes the middleware for every path of an interaction. Other paths go on to `next`.
 * @throws {Error} if the steps do not fit the policy; see `pairSteps`
 */
export function createInteractionRouter(
  deps: Deps,
  provider: Provider,
  forms: Middleware<PageState>[],
): Middleware<InteractionState> {
  const loadInteraction = createLoadInteraction(deps, provider);
  const uidOf = (path: string): string => STEP_PATH.exec(path)?.groups?.uid ?? '';
  const steps = new Map<string, Middleware<InteractionState>>();
  const requirePerson = createRequirePerson(deps);
  const made = Object.entries(STEPS).map(([name, { create, pages }]) => [name, { ...create(deps), pages }] as const);
  for (const [name, step] of pairSteps(new Map(made), (view) => hasView(`common-id/${view}`))) {
    const path = stepOf(name);
    const prefix = `${INTERACTION_PATH}/:uid/${path}`;
    const routes = step.needsPerson ? [requirePerson, ...mount(prefix, step)] : mount(prefix, step);
    steps.set(path, compose([...forms, loadInteraction(path, uidOf), ...routes] as Middleware<InteractionState>[]));
  }
  for (const path of Object.keys(RENAMED_STEPS)) steps.set(path, loadInteraction(path, uidOf));
  const goToCurrent = createGoToCurrent(deps, provider);
  const { issuer } = deps.config;
  const secure = issuer.startsWith('https:');
  const leadsToPage = (location: string): boolean => new URL(location, issuer).href.startsWith(`${issuer}${INTERACTION_PATH}/`);
  return async function answerInteraction(ctx, next) {
    const resumed = RESUME_PATH.exec(ctx.path)?.groups?.uid;
    // The first of two presses has already resumed the request.
    if (resumed && ctx.method === 'GET') {
      if (!(await canResume(ctx, resumed, provider))) return goToCurrent(ctx, resumed);
      await next();
      if (ctx.status < 400 && !leadsToPage(ctx.response.get('Location'))) requestIsOver(ctx, secure, resumed);
      return;
    }
    const step = steps.get(STEP_PATH.exec(ctx.path)?.groups?.step ?? '');
    return step ? step(ctx, next) : next();
  };
}
