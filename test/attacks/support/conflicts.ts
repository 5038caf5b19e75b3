// Runs one request between two writes of another, at each write in turn.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer } from '../../support/http-browser.ts';
import type { World, WorldOptions } from './attack-world.ts';
import { untilTrue } from '../../support/until-true.ts';

const PRELOAD = new URL('../../support/steer-writes.ts', import.meta.url);

/** Settings of a world whose writes can be held. */
export const HOLDING: WorldOptions = {
  env: { NODE_OPTIONS: `--no-warnings --import ${PRELOAD.href}` },
  // A quick machine plays hundreds of situations of one account or draft in a minute. They are no attack here.
  policy: ({ password_hash: hashes }) => Object.assign(hashes.per_minute, { address: 10_000, account: 1000, draft: 1000 }),
};

/** Sends a request with these headers. */
export type Press = (headers?: Record<string, string>) => Promise<Answer>;

let holds = 0;

/**
 * Runs a request up to its n-th write. `isHeld` is `false` if it has fewer writes; then it has ended. `release` lets it continue, and waits for its end.
 * @param directory for the file that gives the signal
 * @param counted which writes count; see steer-writes.ts
 */
export async function holdAt(
  directory: string,
  press: Press,
  n: number,
  counted: 'records' | 'every' = 'records',
): Promise<{ isHeld: boolean; release(): Promise<Answer> }> {
  holds += 1;
  const file = join(directory, `hold-${holds}`);
  let isOver = false;
  const pressed = press({ 'x-hold': `${n} ${file} ${counted}` }).finally(() => {
    isOver = true;
  });
  await untilTrue(`the request is held before write ${n}, or ends`, () => existsSync(file) || isOver, {
    everyMs: 2,
    withinMs: 60_000,
  });
  return {
    isHeld: existsSync(file),
    async release() {
      rmSync(file, { force: true });
      return pressed;
    },
  };
}

/**
 * Runs one request, and the other one while the first waits before its n-th write.
 * @returns `false` if the first request has no n-th write; then the second one ran after it
 */
export async function pressBetween(world: World, first: Press, n: number, second: Press): Promise<boolean> {
  const { isHeld, release } = await holdAt(world.directory, first, n);
  try {
    await second();
  } finally {
    await release();
  }
  return isHeld;
}

/**
 * Runs two requests one after the other, in both orders, then each between any two writes of the other; each time in a new situation.
 * @param begin makes the situation and its two requests, and returns the result afterwards
 * @param heldFirst how many of the two are held; one if they are the same
 * @returns results that neither order has, with the held write: there must be none. And the number of held writes.
 */
export async function conflicts<T>(
  world: World,
  begin: () => Promise<{ presses: [Press, Press]; outcome(): Promise<T> }>,
  heldFirst: 1 | 2 = 2,
): Promise<{ wrong: { held: string; outcome: T }[]; orders: T[]; held: number }> {
  const orders: T[] = [];
  for (const order of [0, 1] as const) {
    const { presses, outcome } = await begin();
    await presses[order]();
    await presses[1 - order]?.();
    orders.push(await outcome());
  }
  const serial = orders.map((outcome) => JSON.stringify(outcome));
  const wrong: { held: string; outcome: T }[] = [];
  let held = 0;
  for (const order of ([0, 1] as const).slice(0, heldFirst)) {
    for (let n = 1; ; n += 1) {
      const { presses, outcome } = await begin();
      const [first, second] = order === 0 ? presses : [presses[1], presses[0]];
      const isHeld = await pressBetween(world, first, n, second);
      const came = await outcome();
      if (!serial.includes(JSON.stringify(came))) wrong.push({ held: `press ${order}, write ${n}`, outcome: came });
      if (!isHeld) break;
      held += 1;
    }
  }
  return { wrong, orders, held };
}
