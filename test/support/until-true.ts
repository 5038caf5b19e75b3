// The one way in which tests wait for something that another process or a job does: with a limit, and a message that names it.
import { setTimeout as sleep } from 'node:timers/promises';

type WaitOptions = {
  /** How long to wait at most, apart from the time that the question itself takes, so that a busy machine gets more. */
  withinMs?: number;
  /** The pause after the first question. Later pauses are longer, up to five times as long: each question takes processor time from the answer. */
  everyMs?: number;
  /** What to add to the message when the limit is reached, for example a log or a count. */
  tell?: () => unknown;
};

/**
 * Asks again and again until the answer is `true`.
 * @param what the condition, as a sentence for the message
 * @throws {Error} when the limit is reached
 */
export async function untilTrue(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  options: WaitOptions | number = {},
): Promise<void> {
  await untilFound(what, async () => (await isTrue()) || undefined, options);
}

/**
 * Asks again and again until there is an answer other than `undefined`.
 * @param what the thing to find, for the message
 * @throws {Error} when the limit is reached
 */
export async function untilFound<Found>(
  what: string,
  find: () => Found | undefined | Promise<Found | undefined>,
  options: WaitOptions | number = {},
): Promise<Found> {
  const { withinMs = 20_000, everyMs = 50, tell } = typeof options === 'number' ? { withinMs: options } : options;
  let pause = everyMs;
  for (let waited = 0; waited < withinMs; waited += pause) {
    const found = await find();
    if (found !== undefined) return found;
    pause = Math.min(everyMs + waited / 10, everyMs * 5);
    await sleep(pause);
  }
  const told = tell ? `: ${format(await tell())}` : '';
  throw new Error(`waited ${withinMs} ms for: ${what}${told}`);
}

function format(told: unknown): string {
  return typeof told === 'string' ? told.slice(-4_000) : JSON.stringify(told);
}
