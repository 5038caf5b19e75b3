// Loads the interaction of a page and checks that it belongs to this browser.
import type { Middleware } from 'koa';
import type Provider from 'oidc-provider';
import { errors } from 'oidc-provider';
import type { Deps } from '../deps.ts';
import { propertyOf } from '../property-of.ts';
import { createBrowserIds } from '../http/browser-id.ts';
import { PageError } from '../http/page-error.ts';
import { CLAIMS_BY_SCOPE } from '../oidc/claims.ts';
import { essentialAcr, requestedClaims } from '../oidc/claims-parameter.ts';
import { currentSession, passwordSession } from '../oidc/sessions/current-session.ts';
import { readDeviceRequest } from '../oidc/device/device-request.ts';
import { requestedDealerLink } from '../oidc/grants/dealer-link-grant.ts';
import { grantRequested } from '../oidc/grants/grant-requested.ts';
import { findLegacyProfile, keepLegacyProfile } from '../oidc/migration/legacy-hand-over.ts';
import { leaveSession } from '../oidc/sessions/leave-session.ts';
import { INTERACTION_PATH, interactionPath } from '../oidc/policy/interaction-url.ts';
import { cancelChoice, readFacts, writeFacts } from '../oidc/policy/request-facts.ts';
import { requestSeconds } from '../oidc/policy/request-lifetime.ts';
import { finish } from './finish.ts';
import { createFollowLegacyUser, followFacts } from './follow-legacy-user.ts';
import { createGoToCurrent } from './go-to-current.ts';
import type { InteractionContext, InteractionState } from './interaction-context.ts';
import { giveInteractionCookies } from './interaction-cookies.ts';
import { journeyProgress } from './journey-progress.ts';
import { queryOf, rememberRequest } from './recent-request.ts';

type Found = Awaited<ReturnType<Provider['interactionDetails']>>;

/** Makes the middleware that loads the interaction of a step's pages. */
export function createLoadInteraction(deps: Deps, provider: Provider) {
  const secure = deps.config.issuer.startsWith('https:');
  const browserIds = createBrowserIds(secure);
  const goToCurrent = createGoToCurrent(deps, provider);

  /**
   * @param stepPath the step of the pages
   * @param uidOf reads the interaction's id from the path
   */
  return function loadInteraction(stepPath: string, uidOf: (path: string) => string): Middleware<InteractionState> {
    return async function loadInteractionOnce(ctx, next) {
      const uid = uidOf(ctx.path);
      const found = await find(provider, ctx);
      if (found?.uid !== uid) return goToCurrent(ctx, uid);
      const { params, prompt, session, grantId, cid } = found;
      const legacy = await findLegacyProfile(params.legacy_profile, deps.storage.legacyProfiles);
      const browserId = browserIds.read(ctx);
      const factsKey = { cid, legacy, browserId };
      const facts = await readFacts(deps, factsKey);
      if (browserId === undefined || !browserIds.isOwn(ctx, facts.browser_id)) return goToCurrent(ctx, uid);
      const path = `${INTERACTION_PATH}/${uid}/${stepPath}`;
      // The step was renamed (`RENAMED_STEPS`), or the path was typed.
      if (interactionPath(found) !== path) return goToCurrent(ctx, uid, { clientId: String(params.client_id), cid, uids: [uid] });
      const client = deps.clients.find(String(params.client_id));
      if (!client) throw new PageError('client_unknown', { detail: 'the client was removed or disabled' });
      rememberRequest(ctx, secure, { clientId: client.metadata.client_id, cid, uid, query: queryOf(found) });

      const accountId = session?.accountId;
      const follow = createFollowLegacyUser(deps, legacy, ctx.get('User-Agent'));
      const times = () => {
        const now = deps.clock();
        const { current_until: until = 0 } = ctx.state.interaction.facts;
        return { now, requestEnds: Math.max(until, now + requestSeconds(deps.config, false) * 1000) };
      };
      ctx.state.interaction = {
        uid,
        cid,
        path,
        params,
        reasons: prompt.reasons,
        client,
        facts,
        legacy,
        device: await readDeviceRequest(provider, found.deviceCode, ctx.ip),
        browserId,
        accountId,
        dealerLink: requestedDealerLink(params.authorization_details),
        scopes: requestedScopes(params.scope),
        essentialAcr: essentialAcr(params),
        signedInAt: signedInAt(found),
        claims: requestedClaims(params),
        finish: async (result) => finish(provider, ctx, result),
        async keep() {
          const until = deps.clock() + requestSeconds(deps.config, true) * 1000;
          // Each view of the page would write otherwise.
          if (until - (ctx.state.interaction.facts.current_until ?? 0) < requestSeconds(deps.config, false) * 1000) return;
          const seconds = requestSeconds(deps.config, true);
          await found.save(seconds);
          await keepLegacyProfile(params.legacy_profile, deps.storage.legacyProfiles, until);
          await ctx.state.interaction.setFacts({ current_until: until });
          giveInteractionCookies(ctx, provider, { interaction: found, path, seconds, secure });
        },
        follow,
        async cancel(error = 'access_denied') {
          await follow({ step: 'failed', failure: 'cancelled' });
          await cancelChoice(deps.storage.interactionFacts, factsKey, times());
          return finish(provider, ctx, { error, error_description: 'the person did not want to go on' });
        },
        async setFacts(change) {
          await followFacts(follow, change);
          ctx.state.interaction.facts = { ...ctx.state.interaction.facts, ...change };
          await writeFacts(deps.storage.interactionFacts, factsKey, change, times());
        },
        async currentSession() {
          const current = await currentSession(provider, ctx, deps);
          return accountId === undefined || current?.account.id === accountId ? current : undefined;
        },
        async passwordSession() {
          const standing = await passwordSession(provider, ctx, deps);
          return standing && standing.uid === session?.uid && standing.account.id === accountId ? standing : undefined;
        },
        leaveSession: async (nextAccountId) => leaveSession(provider, ctx, nextAccountId, session !== undefined),
        grant: async ({ account }) =>
          grantRequested(provider, {
            clientId: client.metadata.client_id,
            accountId: account.id,
            grantId,
            params,
            details: prompt.details,
          }),
      };
      ctx.state.progressAt = (view) => journeyProgress(view, stepPath, ctx.state.interaction);
      ctx.state.brand = client.brand;
      ctx.state.preferLanguages(String(params.ui_locales ?? '').split(' '));
      // Any form may be the last one before the client.
      ctx.state.formTargets = 'any';
      await next();
    };
  };
}

/** Returns the interaction of this request in which the person signed in; the login step notes it. */
function signedInAt({ lastSubmission }: Found): string | undefined {
  const uid = propertyOf(propertyOf(lastSubmission, 'login'), 'interaction');
  return typeof uid === 'string' ? uid : undefined;
}

/** Returns the scopes of a request, each with its claims. */
function requestedScopes(scope: unknown): { name: string; claims: readonly string[] }[] {
  const claims: Record<string, readonly string[]> = CLAIMS_BY_SCOPE;
  const names = String(scope ?? '').split(' ');
  return names.filter((name) => name !== '' && name !== 'openid').map((name) => ({ name, claims: claims[name] ?? [] }));
}

async function find(provider: Provider, ctx: InteractionContext): Promise<Found | undefined> {
  try {
    return await provider.interactionDetails(ctx.req, ctx.res);
  } catch (error) {
    if (error instanceof errors.SessionNotFound) return undefined;
    throw error;
  }
}
