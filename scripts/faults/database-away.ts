// F5: the database is away: MongoDB behind a network that swallows everything, SQLite's file locked by somebody else. The node says so,
// serves what needs no database, lets nobody wait, and is back by itself.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { logIn } from '../../test/support/log-in.ts';
import type { Answer } from '../../test/support/http-browser.ts';
import type { Fault, Nodes } from './fault.ts';
import { createGazoo } from './gazoo.ts';
import { registrationUrl } from './kill-in-registration.ts';

const READINESS_MS = 2_000;
const LONGEST_ANSWER_MS = 3_000;
const BACK_MS = 5_000;

export const databaseAway: Fault = {
  id: 'F5',
  title: 'the database is away',
  backends: ['SQLite', 'MongoDB'],
  async run(backend, short) {
    const nodes = await backend.startNodes(1);
    try {
      return await beWithoutDatabase(nodes, short ? 4_000 : 30_000);
    } finally {
      await nodes.stop();
    }
  },
};

/** A person by a page, a program in its words; both by when. */
function tellsToAskAgain({ status, headers, text }: Answer, words: string): void {
  assert.equal(status, 503);
  assert(Number(headers['retry-after']) > 0, 'it is not said when to ask again');
  assert(text.includes(words), text.slice(0, 1_000));
}

async function beWithoutDatabase({ world, nodes, database }: Nodes, awayMs: number): Promise<string> {
  const [node] = nodes;
  assert(node);
  const issuer = `http://127.0.0.1:${node.port}`;
  const ask = async (path: string): Promise<{ status: number; milliseconds: number }> => {
    const started = performance.now();
    const { status } = await fetch(`${issuer}${path}`, { redirect: 'manual', signal: AbortSignal.timeout(10_000) });
    return { status, milliseconds: performance.now() - started };
  };
  await logIn(world);

  database.takeAway();
  const started = performance.now();
  let slowest = 0;
  let asked = 0;
  const ready = await ask('/health/ready');
  assert.equal(ready.status, 503, 'readiness does not tell');
  assert(ready.milliseconds < READINESS_MS, `readiness took ${Math.round(ready.milliseconds)} ms`);
  const gazoo = createGazoo(world);
  tellsToAskAgain(await gazoo.open(registrationUrl(world), node.port), 'ただいま混み合っています');
  tellsToAskAgain(await gazoo.pushTo(node.port), 'temporarily_unavailable');
  while (performance.now() - started < awayMs) {
    for (const path of ['/health/live', '/jwks', '/.well-known/openid-configuration']) {
      assert.equal((await ask(path)).status, 200, `${path} needs no database`);
    }
    const start = await ask(
      `/auth?client_id=gazoo&response_type=code&scope=openid&redirect_uri=${world.origins.demoClients}/gazoo/callback`,
    );
    assert(start.status === 503 || start.status < 500, `a page answered ${start.status}`);
    slowest = Math.max(slowest, start.milliseconds);
    asked += 4;
    await sleep(50);
  }
  assert(slowest < LONGEST_ANSWER_MS, `an answer took ${Math.round(slowest)} ms`);

  database.giveBack();
  const back = performance.now();
  while ((await ask('/health/ready')).status !== 200) {
    assert(performance.now() - back < BACK_MS, 'the node did not come back');
    await sleep(50);
  }
  const backAfter = performance.now() - back;
  await logIn(world);
  return `away ${awayMs / 1000} s; readiness told in ${Math.round(ready.milliseconds)} ms, ${asked} requests, slowest ${Math.round(slowest)} ms; back after ${Math.round(backAfter)} ms`;
}
