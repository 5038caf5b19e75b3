// F10: nodes are restarted one after the other while people log in; nobody's login fails.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { logIn } from '../../test/support/log-in.ts';
import type { NodeWorld } from '../../test/support/node-world.ts';
import type { Fault } from './fault.ts';

export const rollingRestartOfNodes: Fault = {
  id: 'F10',
  title: 'two nodes are restarted in turn under load',
  backends: ['SQLite', 'MongoDB'],
  async run(backend, short) {
    const nodes = await backend.startNodes(2);
    try {
      const plan = short ? { restarts: 2, pauseMs: 500, walkers: 2 } : { restarts: 60, pauseMs: 8_000, walkers: 3 };
      const { logins, failures, restarts } = await rollingRestart(nodes, plan);
      assert.deepEqual(failures, []);
      assert(
        restarts.every((code) => code === 0),
        `nodes ended with ${restarts.join(', ')}`,
      );
      assert(logins >= 2, 'too few logins to say anything');
      return `${restarts.length} restarts; ${logins} logins, 0 failed`;
    } finally {
      await nodes.stop();
    }
  },
};

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
  { world, nodes, proxy }: NodeWorld,
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
    // As deployments do. What the machine has taken for a node that stops listening, and the node has not, would be lost otherwise.
    proxy.resting.add(node.port);
    result.restarts.push(await node.stop());
    await node.start();
    proxy.resting.delete(node.port);
  }
  await sleep(pauseMs);
  isOver = true;
  await Promise.all(walking);
  return result;
}
