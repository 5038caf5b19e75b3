// Makes the path of an interaction, and binds the request to the browser in which it began.
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import { createBrowserIds } from '../../http/browser-id.ts';
import type { InteractionFacts } from '../../storage/storage.ts';
import { stepOf } from './prompt.ts';
import { changeFacts } from './request-facts.ts';

/** Interaction pages live under this path: /interaction/<uid>/<step>. */
export const INTERACTION_PATH = '/interaction';

type Begun = { uid: string; cid: string; prompt: { name: string } };

/** Returns the path of an interaction's page. */
export const interactionPath = ({ uid, prompt }: Pick<Begun, 'uid' | 'prompt'>): string =>
  `${INTERACTION_PATH}/${uid}/${stepOf(prompt.name)}`;

/** Returns the path on which oidc-provider resumes after an interaction. */
export const resumePath = (uid: string): string => `/auth/${uid}`;

/**
 * Makes oidc-provider's `interactions.url`, which is called when an interaction begins. oidc-provider recognizes the browser by a
 * cookie with a path, and a neighbouring site can plant such a cookie. An attacker could plant their own, let the victim sign in,
 * and go on in the attacker's browser as the victim (as in Keycloak, CVE-2026-7507). So the facts of the request also store the
 * browser's id. Its cookie (`__Host-`) cannot be planted.
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
