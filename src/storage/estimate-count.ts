// Estimates how many random ids there are from a few of them.

/** The letters of base64url in the order in which both backends sort them. */
const LETTERS = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
/** More letters change nothing at any number of records. */
const READ = 8;

/**
 * @param before how many ids sort before `id`
 * @returns how many there are if they are spread evenly. With a thousand before it, the error is about 3 %
 */
export function estimateFrom(before: number, id: string): number {
  let share = 0;
  for (let place = 0; place < READ; place += 1)
    share += Math.max(LETTERS.indexOf(id.charAt(place)), 0) / LETTERS.length ** (place + 1);
  return Math.round(before / Math.max(share, LETTERS.length ** -READ));
}
