// Makes the path of an interaction, and binds the request to the browser in which it began.
import type { Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import { createBrowserIds } from '../../http/browser-id.ts';
import type { PageState } from '../../http/page-context.ts';
import type { InteractionFacts } from '../../storage/storage.ts';
import { keepLegacyProfile } from '../migration/legacy-hand-over.ts';
import { stepOf } from './prompt.ts';
import { changeFacts } from './request-facts.ts';
import { beginsKept, requestSeconds } from './request-lifetime.ts';

/** Interaction pages live under this path: /interaction/<uid>/<step>. */
export const INTERACTION_PATH = '/interaction';

type Begun = { uid: string; cid: string; prompt: { name: string }; params: Record<string, unknown> } & Parameters<
  typeof beginsKept
>[0];

/** Returns the path of an interaction's page. */
export const interactionPath = ({ uid, prompt }: Pick<Begun, 'uid' | 'prompt'>): string =>
  `${INTERACTION_PATH}/${uid}/${stepOf(prompt.name)}`;

/** Returns the path on which oidc-provider resumes after an interaction: `/auth/<uid>`, or `/device/<uid>` in the device flow. */
export const resumePath = ({ returnTo }: { returnTo: string }): string => new URL(returnTo).pathname;

/** The interaction that began in a request, by the request's state. */
const begunInteractions = new WeakMap<object, Begun>();

/** oidc-provider's `interactions.url`, which is called when an interaction begins. `createInteractionBinding` notes the interaction. */
export function interactionUrl(ctx: KoaContextWithOIDC, interaction: Begun): string {
  begunInteractions.set(ctx.state, interaction);
  return interactionPath(interaction);
}

/**
 * Makes the middleware around oidc-provider that notes the interaction of a request: the facts of the request store its id and the
 * browser's id.
 *
 * oidc-provider recognizes the browser by a cookie with a path, and a neighbouring site can plant such a cookie. An attacker could
 * plant their own, let the victim sign in, and go on in the attacker's browser as the victim (as in Keycloak, CVE-2026-7507). The
 * cookie of the browser's id (`__Host-`) cannot be planted.
 *
 * oidc-provider writes the session last. The interaction is noted after that, so that a second press that finds the interaction also
 * finds its session.
 */
export function createInteractionBinding({
  config,
  storage,
  clock,
}: Pick<Deps, 'config' | 'storage' | 'clock'>): Middleware<PageState> {
  const browserIds = createBrowserIds(config.issuer.startsWith('https:'));
  return async function bindInteraction(ctx, next) {
    await next();
    const begun = begunInteractions.get(ctx.state);
    if (!begun) return;
    const ends = clock() + requestSeconds(config, beginsKept(begun)) * 1000;
    const browserId = browserIds.ensure(ctx);
    const note = (facts: Partial<InteractionFacts>) => ({
      browser_id: facts.browser_id ?? browserId,
      current_uid: begun.uid,
      current_until: ends,
    });
    await keepLegacyProfile(begun.params.legacy_profile, storage.legacyProfiles, ends);
    await changeFacts(storage.interactionFacts, begun.cid, note, ends);
  };
}
