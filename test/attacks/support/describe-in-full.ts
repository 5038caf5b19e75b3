// Tests that only npm run attacks runs.
import { describe } from '@jest/globals';
import { figure } from './figure.ts';

/** Describes tests that npm test skips; their names say why. */
export function describeInFull(declare: () => void): void {
  (figure(1, 0) === 1 ? describe : describe.skip)('only with FULL_FIGURES=1', declare);
}
