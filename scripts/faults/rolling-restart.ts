// F10: nodes are restarted one after the other while people log in. No login fails, and no code gives tokens twice, although
// each is redeemed at both nodes at once.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { logIn } from '../../test/support/log-in.ts';
import type { NodeWorld } from '../../test/support/node-world.ts';
import type { Fault } from './fault.ts';
import { createGazoo } from './gazoo.ts';

/** The pause leaves most of the nodes' time to the logins. */
const BETWEEN_CODES_MS = 100;
/** In the short form, so that the load is no more than the restarts need. */
const BETWEEN_LOGINS_MS = 100;

export const rollingRestartOfNodes: Fault = {
  id: 'F10',
  title: 'two nodes are restarted in turn under load',
  backends: ['SQLite', 'MongoDB'],
  async run(backend, short) {
    const nodes = await backend.startNodes(2);
    try {
      const plan = short
        ? { restarts: 2, pauseMs: 500, walkers: 2, betweenLoginsMs: BETWEEN_LOGINS_MS }
        : { restarts: 60, pauseMs: 8_000, walkers: 3 };
      const { logins, failures, codes, doubled, restarts } = await rollingRestart(nodes, plan);
      assert.deepEqual(failures, []);
      assert(
        restarts.every((code) => code === 0),
        `nodes ended with ${restarts.join(', ')}`,
      );
      assert(logins >= 2, 'too few logins to say anything');
      assert.equal(doubled, 0, 'a code gave tokens twice');
      assert(codes > 0, 'no code gave tokens');
      return `${restarts.length} restarts; ${logins} logins, 0 failed; ${codes} codes redeemed at both nodes at once, 0 twice`;
    } finally {
      await nodes.stop();
    }
  },
};

type Plan = {
  restarts: number;
  pauseMs: number;
  walkers: number;
  betweenLoginsMs?: number;
  program?: string;
  before?: (turn: number) => Promise<void>;
};

export type RollingRestart = {
  logins: number;
  /** The errors of failed logins. */
  failures: string[];
  /** The codes that gave tokens; `doubled` gave tokens twice. */
  codes: number;
  doubled: number;
  /** The exit code of each stopped node. */
  restarts: (number | null)[];
};

/**
 * @param options.restarts the number of restarts; the nodes take turns
 * @param options.pauseMs the pause between one node's readiness and the next restart
 * @param options.walkers the number of people who repeatedly log in at the same time
 * @param options.betweenLoginsMs how long each of them waits between two logins
 * @param options.program the main file of the version that each node is started with
 * @param options.before what is done after the pause, before each restart
 */
export async function rollingRestart(
  { world, nodes, proxy }: NodeWorld,
  { restarts, pauseMs, walkers, betweenLoginsMs = 0, program, before = async () => undefined }: Plan,
): Promise<RollingRestart> {
  const result: RollingRestart = { logins: 0, failures: [], codes: 0, doubled: 0, restarts: [] };
  let isOver = false;
  const walk = async (walker: number): Promise<void> => {
    while (!isOver) {
      try {
        await logIn(world, 'yamada@example.jp', `127.0.7.${walker + 1}`);
        result.logins += 1;
      } catch (error) {
        result.failures.push(error instanceof Error ? error.message : String(error));
      }
      if (betweenLoginsMs > 0) await sleep(betweenLoginsMs);
    }
  };
  const spend = async (): Promise<void> => {
    const gazoo = createGazoo(world);
    while (!isOver) {
      try {
        const code = await gazoo.authorize();
        const sets = (await Promise.all([gazoo.redeem(code), gazoo.redeem(code)])).filter(Boolean).length;
        if (sets > 0) result.codes += 1;
        if (sets > 1) result.doubled += 1;
      } catch (error) {
        result.failures.push(error instanceof Error ? error.message : String(error));
      }
      await sleep(BETWEEN_CODES_MS);
    }
  };
  const walking = [...Array.from({ length: walkers }, (_, walker) => walk(walker)), spend()];
  for (let turn = 0; turn < restarts; turn += 1) {
    await sleep(pauseMs);
    await before(turn);
    const node = nodes[turn % nodes.length];
    if (!node) throw new Error('there is no node');
    // Takes the node out of the proxy first, as deployments do. Connections that the system has accepted for a node that stops listening are lost otherwise.
    proxy.resting.add(node.port);
    result.restarts.push(await node.stop());
    await node.start(program);
    proxy.resting.delete(node.port);
  }
  await sleep(pauseMs);
  isOver = true;
  await Promise.all(walking);
  return result;
}
