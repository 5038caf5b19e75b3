// Random numbers that are the same each time, so that a forecast of the same figures is the same.

export type Chance = {
  /** A number from 0 to 1. */
  uniform(): number;
  /** A number of the standard normal distribution. */
  normal(): number;
  /** A number of the gamma distribution with this shape and the scale 1, by the approximation of Wilson and Hilferty. */
  gamma(shape: number): number;
};

/** Creates the numbers of a seed (mulberry32). They are not secret. */
export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    uniform,
    normal,
    gamma: (shape) => shape * Math.max(0, 1 - 1 / (9 * shape) + normal() / (3 * Math.sqrt(shape))) ** 3,
  };
}
