// Finds the terms in force, and decides who must agree to them.
import { createHash } from 'node:crypto';
import type { EpochMilliseconds, TermsAcceptance } from './account.ts';
import { dateInJapan } from './birthdate.ts';

/**
 * Returns the newest version that is in force, in the given language.
 * @throws {Error} if there is none; the configuration check at startup prevents that
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
 * Whether a person must agree again, because a material change has come into force since the version they agreed to. Other
 * changes and future versions need no new agreement.
 */
export function mustAgreeAgain(terms: readonly Version[], accepted: readonly TermsAcceptance[], now: EpochMilliseconds): boolean {
  const today = dateInJapan(now);
  const agreedTo = agreedUntil(terms, accepted);
  return terms.some(({ material, effectiveFrom }) => material && effectiveFrom <= today && effectiveFrom > agreedTo);
}

/** Returns the text that a person last agreed to, in the given language; `undefined` if it is no longer in the configuration. */
export function lastAgreed<T extends Version>(
  terms: readonly T[],
  accepted: readonly TermsAcceptance[],
  language: string,
): T | undefined {
  const last = accepted.toSorted((a, b) => b.accepted_at - a.accepted_at)[0];
  return terms.find((text) => text.version === last?.version && text.language === language);
}

/**
 * Returns the first day of the newest version that the person agreed to. If that version is no longer in the configuration, the
 * day of the agreement counts.
 */
function agreedUntil(terms: readonly Version[], accepted: readonly TermsAcceptance[]): string {
  const days = accepted.map(
    ({ version, accepted_at: at }) => terms.find((text) => text.version === version)?.effectiveFrom ?? dateInJapan(at),
  );
  return days.reduce((youngest, day) => (day > youngest ? day : youngest), '');
}

/** Records an agreement to a text, with the text's hash. */
export function agreeTo(
  { version, language, markdown }: { version: string; language: string; markdown: string },
  now: EpochMilliseconds,
): TermsAcceptance {
  return { version, language, sha256: createHash('sha256').update(markdown).digest('hex'), accepted_at: now };
}
