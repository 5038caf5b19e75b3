// Which version of the terms is in force.
import type { EpochMilliseconds } from './account.ts';
import { dateInJapan } from './birthdate.ts';

/**
 * The newest version that is in force already, in a language.
 * @throws where there is none; configuration is checked for that at the start
 */
export function termsInForce<T extends { version: string; language: string; effectiveFrom: string }>(
  terms: readonly T[],
  language: string,
  now: EpochMilliseconds,
): T {
  const today = dateInJapan(now);
  const inForce = terms.filter((text) => text.language === language && text.effectiveFrom <= today);
  const newest = inForce.toSorted((a, b) => (a.effectiveFrom < b.effectiveFrom ? 1 : -1))[0];
  if (!newest) throw new Error(`no terms in force in ${language}`);
  return newest;
}
