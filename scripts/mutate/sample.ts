// Draws a sample that the same seed draws again.

/** @returns `size` of the items, in their order; all if there are not more */
export function sample<T>(items: readonly T[], size: number, seed: number): T[] {
  const random = mulberry32(seed);
  return items
    .map((item, index) => ({ item, index, lot: random() }))
    .toSorted((one, other) => one.lot - other.lot)
    .slice(0, size)
    .toSorted((one, other) => one.index - other.index)
    .map(({ item }) => item);
}

/** A generator of numbers from 0 up to 1 (Tommy Ettinger's Mulberry32): small, and the same everywhere. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
