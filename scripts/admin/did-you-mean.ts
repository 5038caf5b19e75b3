// Completes an error message about an unknown name.
import { nearestName } from '../../src/config/problems/nearest-name.ts';

/** Returns `; did you mean list?` if a known name is similar, else the list of known names, if any. */
export function didYouMean(name: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const nearest = nearestName(name, known);
  return nearest === undefined ? `; there are ${known.join(', ')}` : `; did you mean ${nearest}?`;
}
