// How far the person is in the whole journey: the page's number, over all steps, from ④ to ⑭. A migration also has a page before and after
// them, at the site that hands the person over: ③, and the end page.
import type { Interaction } from './interaction-context.ts';
import { pagesOf } from './steps.ts';

/** A page's number, from 1 on, and the number of pages. */
export type Progress = { at: number; of: number };

/**
 * Returns the progress at a page. `undefined` outside of a journey: a login without a registration or a migration has no progress.
 * @param step the step that is on, as `create`
 */
export function journeyProgress(
  view: string,
  step: string,
  { client, dealerLink, facts, legacy }: Pick<Interaction, 'client' | 'dealerLink' | 'facts' | 'legacy'>,
): Progress | undefined {
  const isNew = step === 'create' || facts.registration !== undefined;
  if (!isNew && !legacy) return undefined;
  const pages = pagesOf({ isNew, client, dealerLink, legacy });
  const index = pages.findIndex((names) => names.includes(view));
  if (index === -1) return undefined;
  const atTheSite = legacy ? 1 : 0;
  return { at: atTheSite + index + 1, of: pages.length + 2 * atTheSite };
}
