// Suggests the correct spelling of a name.
import { distance } from 'fastest-levenshtein';

/**
 * Returns the known name with the fewest wrong letters, ignoring case; `undefined` if none is near enough to be a typing mistake
 * (a third of the letters, three at most).
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let fewest = Math.min(3, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const mistakes = countMistakes(name.toLowerCase(), candidate.toLowerCase());
    if (mistakes < fewest) {
      fewest = mistakes;
      nearest = candidate;
    }
  }
  return nearest;
}

/** Counts the letters added, lost or changed. Two swapped letters count as one mistake. */
function countMistakes(a: string, b: string): number {
  const letters = (text: string): string => [...text].toSorted().join('');
  const changed = distance(a, b);
  return changed === 2 && letters(a) === letters(b) ? 1 : changed;
}
