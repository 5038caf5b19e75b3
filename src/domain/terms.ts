// Which version of the terms is in force, and who has to agree to it.
import { createHash } from 'node:crypto';
import type { EpochMilliseconds, TermsAcceptance } from './account.ts';
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

type Version = { version: string; language: string; effectiveFrom: string; material: boolean };

/**
 * Whether a person has to agree again: a material change is in force that is younger than what they have agreed to. A change that is not
 * material asks nobody; nor does one that is still to come.
 */
export function mustAgreeAgain(terms: readonly Version[], accepted: readonly TermsAcceptance[], now: EpochMilliseconds): boolean {
  const today = dateInJapan(now);
  const agreedTo = agreedUntil(terms, accepted);
  return terms.some(({ material, effectiveFrom }) => material && effectiveFrom <= today && effectiveFrom > agreedTo);
}

/** The text that a person agreed to last, in a language; `undefined` where it is kept no more. */
export function lastAgreed<T extends Version>(
  terms: readonly T[],
  accepted: readonly TermsAcceptance[],
  language: string,
): T | undefined {
  const last = accepted.toSorted((a, b) => b.accepted_at - a.accepted_at)[0];
  return terms.find((text) => text.version === last?.version && text.language === language);
}

/** The first day of the youngest version that was agreed to; of one that is kept no more, the day on which it was agreed to. */
function agreedUntil(terms: readonly Version[], accepted: readonly TermsAcceptance[]): string {
  const days = accepted.map(
    ({ version, accepted_at: at }) => terms.find((text) => text.version === version)?.effectiveFrom ?? dateInJapan(at),
  );
  return days.reduce((youngest, day) => (day > youngest ? day : youngest), '');
}

/** That a person agrees to a text: which, and what it says. */
export function agreeTo(
  { version, language, markdown }: { version: string; language: string; markdown: string },
  now: EpochMilliseconds,
): TermsAcceptance {
  return { version, language, sha256: createHash('sha256').update(markdown).digest('hex'), accepted_at: now };
}
