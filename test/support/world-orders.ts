// The orders of a test to the process of a world (world-process.ts), and its answers. The process answers an order before it gets the next.

/** Moves the clock forward by milliseconds, stops it at a moment, or lets it go on from there. */
export type ClockOrder = { advance: number } | { stopAt: number } | 'go on';

export type Order =
  | { start: { directory: string; apps: readonly string[]; env: Record<string, string | undefined> } }
  | { clock: ClockOrder }
  | 'stop';

export type Answer = 'done' | { failed: string };

/** Marks the end of a world's output, once on standard output and once on standard error. */
export const END_OF_WORLD = '\u0004';
