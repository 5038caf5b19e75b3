// Where an interaction is shown – in the browser in which its request began, and in no other.
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import { createBrowserIds } from '../../http/browser-id.ts';
import type { InteractionFacts } from '../../storage/storage.ts';
import { changeFacts } from './request-facts.ts';

/** Interaction pages live under this path: /interaction/<uid>/<step>. */
export const INTERACTION_PATH = '/interaction';

type Begun = { uid: string; cid: string; prompt: { name: string } };

/** The path of an interaction's page. */
export const interactionPath = ({ uid, prompt }: Pick<Begun, 'uid' | 'prompt'>): string =>
  `${INTERACTION_PATH}/${uid}/${prompt.name.replaceAll('_', '-')}`;

/** The path on which a finished interaction is taken up by oidc-provider. */
export const resumePath = (uid: string): string => `/auth/${uid}`;

/**
 * oidc-provider's `interactions.url`, called when an interaction has begun. oidc-provider knows the browser by a cookie with a path,
 * which a neighbouring site can plant: whoever plants theirs, lets the victim sign in and goes on in their own browser would be signed
 * in as the victim (as in Keycloak, CVE-2026-7507). So the request notes the browser's id, whose cookie (`__Host-`) cannot be planted.
 */
export function createInteractionUrl({ config, storage, clock }: Pick<Deps, 'config' | 'storage' | 'clock'>) {
  const browserIds = createBrowserIds(config.issuer.startsWith('https:'));
  return async function interactionUrl(ctx: KoaContextWithOIDC, interaction: Begun): Promise<string> {
    const { cid, uid } = interaction;
    const ends = clock() + config.lifetimes.interaction * 1000;
    const browserId = browserIds.ensure(ctx);
    const note = (facts: Partial<InteractionFacts>) => ({ browser_id: facts.browser_id ?? browserId, current_uid: uid });
    await changeFacts(storage.interactionFacts, cid, note, ends);
    return interactionPath(interaction);
  };
}
