// F10: nodes are restarted one after the other while people log in; nobody's login fails.
import { setTimeout as sleep } from 'node:timers/promises';
import { logIn } from '../../test/support/log-in.ts';
import type { NodeWorld } from '../../test/support/node-world.ts';

export type RollingRestart = {
  logins: number;
  /** What failed logins saw. */
  failures: string[];
  /** The exit code of each node that was stopped. */
  restarts: (number | null)[];
};

/**
 * @param options.restarts how often a node is restarted, each in turn
 * @param options.pauseMs between one node's being ready and the next one's end
 * @param options.walkers how many people log in at the same time, again and again
 */
export async function rollingRestart(
  { world, nodes }: NodeWorld,
  { restarts, pauseMs, walkers }: { restarts: number; pauseMs: number; walkers: number },
): Promise<RollingRestart> {
  const result: RollingRestart = { logins: 0, failures: [], restarts: [] };
  let isOver = false;
  const walk = async (walker: number): Promise<void> => {
    while (!isOver) {
      try {
        await logIn(world, 'yamada@example.jp', `127.0.7.${walker + 1}`);
        result.logins += 1;
      } catch (error) {
        result.failures.push(error instanceof Error ? error.message : String(error));
      }
    }
  };
  const walking = Array.from({ length: walkers }, (_, walker) => walk(walker));
  for (let turn = 0; turn < restarts; turn += 1) {
    await sleep(pauseMs);
    const node = nodes[turn % nodes.length];
    if (!node) throw new Error('there is no node');
    result.restarts.push(await node.stop());
    await node.start();
  }
  await sleep(pauseMs);
  isOver = true;
  await Promise.all(walking);
  return result;
}
