// There must be terms that somebody can agree to today.
import { dateInJapan } from '../../domain/birthdate.ts';
import type { TermsText } from './read-terms.ts';
import type { Problem } from '../problems/problem.ts';

/** Says so where every version of the terms begins in the future. */
export function checkTermsInForce(terms: readonly TermsText[], now: number, problems: Problem[]): void {
  const today = dateInJapan(now);
  const first = terms[0];
  // No terms at all, or none with a date, has been told.
  if (!first || first.effectiveFrom <= today) return;
  problems.push({
    severity: 'error',
    source: 'config/terms',
    expected: `a version whose effective_from is not after today (${today})`,
    found: `${first.effectiveFrom} as the first`,
  });
}
