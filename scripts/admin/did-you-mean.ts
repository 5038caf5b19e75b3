// What to say behind the sentence about a name that there is not.
import { nearestName } from '../../src/config/problems/nearest-name.ts';

/** `; did you mean list?`, where one is near; else which there are, if any. */
export function didYouMean(name: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const nearest = nearestName(name, known);
  return nearest === undefined ? `; there are ${known.join(', ')}` : `; did you mean ${nearest}?`;
}
