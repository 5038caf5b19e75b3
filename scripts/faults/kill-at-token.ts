// F2: the node is killed while it redeems a code, at each step and at random moments. One code never gives two sets of tokens, and
// every token that the client received is valid. At worst the person logs in again.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeWorld } from '../../test/support/node-world.ts';
import type { Fault } from './fault.ts';
import { createGazoo } from './gazoo.ts';
import { TOKEN_STEPS } from './token-steps.ts';

const MOMENTS = [...TOKEN_STEPS, 'a random moment'] as const;
type Outcome = 'held' | 'later' | 'never';

export const killAtToken: Fault = {
  id: 'F2',
  title: 'kill -9 while a code is redeemed',
  backends: ['SQLite', 'MongoDB'],
  async run(backend, short) {
    const nodes = await backend.startNodes(1);
    try {
      return await killAndRedeem(nodes, short ? TOKEN_STEPS.length : 200);
    } finally {
      await nodes.stop();
    }
  },
};

async function killAndRedeem({ world, nodes, stopFile }: NodeWorld, cycles: number): Promise<string> {
  const [node] = nodes;
  assert(node);
  const gazoo = createGazoo(world);
  const outcomes: Record<Outcome, number> = { held: 0, later: 0, never: 0 };
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    const moment = MOMENTS[cycle % MOMENTS.length] ?? 'a random moment';
    const code = await gazoo.authorize();
    if (moment !== 'a random moment') writeFileSync(stopFile, moment);
    const redeeming = gazoo.redeem(code, node.port);
    if (moment === 'a random moment') await sleep(randomInt(25));
    else await Promise.race([node.ended(), redeeming]);
    await node.kill();
    const held = await redeeming;
    assert(!existsSync(stopFile), `the node did not stop ${moment}`);
    await node.start();
    if (held) assert.equal(await gazoo.statusOf(held), 200, 'a token that the client received is not valid');
    const second = await gazoo.redeem(code);
    assert(!(held && second), 'one code gave two sets of tokens');
    if (second) assert.equal(await gazoo.statusOf(second), 200);
    assert(!(await gazoo.redeem(code)), 'a code was redeemed twice');
    const outcome: Outcome = held ? 'held' : second ? 'later' : 'never';
    if (moment !== 'a random moment') assert.equal(outcome, moment === 'before consume' ? 'later' : 'never', `stopped ${moment}`);
    // The same browser makes another request, and the client gets its tokens.
    if (outcome === 'never')
      assert(await gazoo.redeem(await gazoo.authorize()), 'the next code of the same browser gave no tokens');
    outcomes[outcome] += 1;
  }
  rmSync(stopFile, { force: true });
  const { held, later, never } = outcomes;
  return `${cycles} kills (${MOMENTS.slice(0, cycles).join(', ')}); tokens held at once ${held}, after the restart ${later}, login again ${never}; never two sets from one code`;
}
