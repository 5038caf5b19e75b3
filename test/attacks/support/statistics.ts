// Whether two series of measured times differ.

/**
 * Fails if a person could tell the two series apart: if they differ by a time that can be measured over a network, and not
 * by chance. Both kinds are measured in turn, so that a busy machine slows both.
 * @throws {Error} with all figures
 */
export function expectSameTime(known: readonly number[], unknown: readonly number[], what: string): void {
  const [ofKnown, ofUnknown, p] = [median(known), median(unknown), mannWhitney(known, unknown)];
  if (Math.abs(ofKnown - ofUnknown) < MEASURABLE_MS || p > BY_CHANCE) return;
  throw new Error(
    `${what}: medians of ${ofKnown.toFixed(1)} ms (known) and ${ofUnknown.toFixed(1)} ms (unknown), p = ${p.toFixed(5)}; ` +
      `allowed are a difference below ${MEASURABLE_MS} ms or p above ${BY_CHANCE}`,
  );
}

const MEASURABLE_MS = 5;
const BY_CHANCE = 0.001;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** The two-sided p of the Mann-Whitney U test, by its normal approximation. */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  const ranked = [...a.map((value) => ({ value, of: 'a' })), ...b.map((value) => ({ value, of: 'b' }))].toSorted(
    (x, y) => x.value - y.value,
  );
  const rankSum = ranked.reduce((sum, { of }, index) => (of === 'a' ? sum + index + 1 : sum), 0);
  const u = rankSum - (a.length * (a.length + 1)) / 2;
  const mean = (a.length * b.length) / 2;
  const deviation = Math.sqrt((a.length * b.length * (a.length + b.length + 1)) / 12);
  return 2 * (1 - normal(Math.abs(u - mean) / deviation));
}

/** The standard normal distribution (Abramowitz and Stegun 26.2.17). */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const polynomial = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return 1 - (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
}
