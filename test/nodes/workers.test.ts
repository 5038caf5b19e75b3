// WEB_CONCURRENCY: several workers on one port; a dead one is replaced, and all end together.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { logIn } from '../support/log-in.ts';
import { startNodeWorld, type NodeWorld } from '../support/node-world.ts';
import { untilTrue } from '../support/until-true.ts';

jest.setTimeout(120_000);

let nodeWorld: NodeWorld;
beforeAll(async () => {
  nodeWorld = await startNodeWorld(1, undefined, { WEB_CONCURRENCY: '2' });
});
afterAll(() => nodeWorld.stop());

const node = () => {
  const [only] = nodeWorld.nodes;
  if (!only) throw new Error('there is no node');
  return only;
};

function workersOf(pid: number | undefined): number[] {
  const listed = execFileSync('ps', ['-o', 'pid=,ppid=', '-A'], { encoding: 'utf8' }).trim().split('\n');
  const rows = listed.map((line) => line.trim().split(/\s+/).map(Number));
  return rows.flatMap(([child = 0, parent]) => (parent === pid ? [child] : []));
}

const waitFor = async (what: string, isTrue: () => boolean): Promise<void> =>
  untilTrue(what, isTrue, { tell: () => node().log() });

test('two workers serve one port, a killed one is replaced, and a signal ends all of them in order', async () => {
  const { pid } = node();
  // A worker exists before it listens; the program prints its address when both listen.
  await waitFor(
    'two workers run and the address is told',
    () => workersOf(pid).length === 2 && node().log().includes('TOYOTA/LEXUS common ID'),
  );
  await logIn(nodeWorld.world);
  const [victim = 0] = workersOf(pid);
  process.kill(victim, 'SIGKILL');
  await waitFor('the log says that the worker ended', () => node().log().includes(`worker ${victim} ended (SIGKILL)`));
  await waitFor('a new worker runs', () => workersOf(pid).length === 2 && !workersOf(pid).includes(victim));
  await logIn(nodeWorld.world);
  const last = workersOf(pid);
  expect(await node().stop()).toBe(0);
  for (const worker of last) expect(() => process.kill(worker, 0)).toThrow('ESRCH');
});
