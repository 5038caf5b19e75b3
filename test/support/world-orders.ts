// What a test tells the process of a world (world-process.ts), and what that answers. One order is answered before the next is given.

/** Goes on by so many milliseconds; stands still at this moment; goes on from where it stood. */
export type ClockOrder = { advance: number } | { stopAt: number } | 'go on';

export type Order =
  | { start: { directory: string; apps: readonly string[]; env: Record<string, string | undefined> } }
  | { clock: ClockOrder }
  | 'stop';

export type Answer = 'done' | { failed: string };

/** Ends the output of a world: stands once on standard output and once on standard error. */
export const END_OF_WORLD = '\u0004';
