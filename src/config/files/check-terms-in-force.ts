// Checks that a version of the terms is in force today.
import { dateInJapan } from '../../domain/birthdate.ts';
import type { TermsText } from './read-terms.ts';
import type { Problem } from '../problems/problem.ts';

/** Reports an error if every version of the terms starts in the future. */
export function checkTermsInForce(terms: readonly TermsText[], now: number, problems: Problem[]): void {
  const today = dateInJapan(now);
  const first = terms[0];
  // Missing terms and missing dates are reported already.
  if (!first || first.effectiveFrom <= today) return;
  problems.push({
    severity: 'error',
    source: 'config/terms',
    expected: `a version whose effective_from is not after today (${today})`,
    found: `${first.effectiveFrom} as the first`,
  });
}
