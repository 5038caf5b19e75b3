// Mounts the steps, and loads the interaction once for all of them.
import compose from 'koa-compose';
import Router from 'koa-router';
import type Provider from 'oidc-provider';
import { errors } from 'oidc-provider';
import type { Middleware } from 'koa';
import type { Deps } from '../deps.ts';
import type { PageState } from '../http/page-context.ts';
import { PageError } from '../http/page-error.ts';
import { redirect } from '../http/redirect.ts';
import { VersionConflict, type InteractionFacts } from '../storage/storage.ts';
import { findLegacyProfile } from '../oidc/legacy-hand-over.ts';
import { INTERACTION_PATH } from '../oidc/provider.ts';
import { createConsentStep } from './consent/routes.ts';
import { createCreateStep } from './create/routes.ts';
import { createDealerLinkStep } from './dealer-link/routes.ts';
import { finish } from './finish.ts';
import type { InteractionState, InteractionStep } from './interaction-context.ts';
import { createLinkStep } from './link/routes.ts';
import { createLoginStep } from './login/routes.ts';
import { createRequiredProfileStep } from './required-profile/routes.ts';

/** In the order of the policy. */
function createSteps(deps: Deps, provider: Provider): InteractionStep[] {
  return [
    createCreateStep(deps),
    createDealerLinkStep(deps),
    createLoginStep(deps, provider),
    createRequiredProfileStep(deps),
    createLinkStep(deps),
    createConsentStep(provider),
  ];
}

/** /interaction/<uid>/<step>, and whatever the step has below it. */
const STEP_PATH = new RegExp(`^${INTERACTION_PATH}/(?<uid>[\\w-]+)/(?<step>[a-z-]+)(?:/|$)`);

/** Answers every path of an interaction; other paths go on. */
export function createInteractionRouter(
  deps: Deps,
  provider: Provider,
  forms: Middleware<PageState>[],
): Middleware<InteractionState> {
  const steps = new Map<string, Middleware<InteractionState>>();
  for (const step of createSteps(deps, provider)) {
    const router = new Router<InteractionState>({ prefix: `${INTERACTION_PATH}/:uid/${step.path}` });
    step.addRoutes(router);
    const methodNotAllowed = (): PageError => new PageError('method_not_allowed', 405);
    steps.set(
      step.path,
      compose([
        ...forms,
        loadInteraction(step.path, deps, provider),
        router.routes(),
        router.allowedMethods({ throw: true, methodNotAllowed, notImplemented: methodNotAllowed }),
      ] as Middleware<InteractionState>[]),
    );
  }
  return async function answerInteraction(ctx, next) {
    const step = steps.get(STEP_PATH.exec(ctx.path)?.groups?.step ?? '');
    return step ? step(ctx, next) : next();
  };
}

function loadInteraction(stepPath: string, deps: Deps, provider: Provider): Middleware<InteractionState> {
  return async function loadInteractionOnce(ctx, next) {
    const uid = STEP_PATH.exec(ctx.path)?.groups?.uid;
    const found = await find(provider, ctx);
    if (!found || found.uid !== uid)
      throw new PageError('interaction_expired', 400, { detail: 'no interaction, or the cookie names another one' });
    // Two tabs, or the back button: the request has moved on to another step.
    const current = found.prompt.name.replaceAll('_', '-');
    if (current !== stepPath) return redirect(ctx, `${INTERACTION_PATH}/${uid}/${current}`);
    const client = deps.clients.find(String(found.params.client_id));
    if (!client) throw new PageError('client_unknown', 400, { detail: 'the client was removed or disabled' });

    const cid = (found as unknown as { cid: string }).cid;
    const facts = (await deps.storage.interactionFacts.find(cid)) ?? { id: cid, version: 0, expires_at: found.exp * 1000 };
    ctx.state.interaction = {
      uid,
      path: `${INTERACTION_PATH}/${uid}/${stepPath}`,
      params: found.params,
      reasons: found.prompt.reasons,
      details: found.prompt.details,
      client,
      facts,
      legacy: await findLegacyProfile(found.params.legacy_profile, deps.storage.legacyProfiles),
      accountId: found.session?.accountId,
      grantId: found.grantId,
      finish: async (result) => finish(provider, ctx, result),
      cancel: async () =>
        finish(provider, ctx, { error: 'access_denied', error_description: 'the person did not want to go on' }),
      setFacts: async (change) => {
        ctx.state.interaction.facts = await putFacts(deps, ctx.state.interaction.facts, change);
      },
    };
    ctx.state.brand = client.brand;
    ctx.state.preferLanguages(String(found.params.ui_locales ?? '').split(' '));
    const redirectUri = found.params.redirect_uri;
    if (typeof redirectUri === 'string') ctx.state.formActionOrigins.push(formActionOf(redirectUri));
    await next();
  };
}

/** A private scheme has no origin; CSP takes the scheme itself. */
function formActionOf(redirectUri: string): string {
  const { origin, protocol } = new URL(redirectUri);
  return origin === 'null' ? protocol : origin;
}

async function find(provider: Provider, ctx: Parameters<Middleware<InteractionState>>[0]) {
  try {
    return await provider.interactionDetails(ctx.req, ctx.res);
  } catch (error) {
    if (error instanceof errors.SessionNotFound) return undefined;
    throw error;
  }
}

/** Two tabs of one request: the later press wins, and takes the other's facts along. */
async function putFacts(deps: Deps, facts: InteractionFacts, change: Partial<InteractionFacts>): Promise<InteractionFacts> {
  try {
    return await deps.storage.interactionFacts.put({ ...facts, ...change });
  } catch (error) {
    if (!(error instanceof VersionConflict)) throw error;
    const standing = (await deps.storage.interactionFacts.find(facts.id)) ?? { ...facts, version: 0 };
    return deps.storage.interactionFacts.put({ ...standing, ...change });
  }
}
