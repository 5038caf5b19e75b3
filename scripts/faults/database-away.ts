// F5: the database is away: MongoDB behind a network that swallows everything, SQLite's file locked by somebody else. The node says so,
// serves what needs no database, lets nobody wait, and is back by itself.
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFaultyConnection } from '../../test/support/faulty-connection.ts';
import { logIn } from '../../test/support/log-in.ts';
import { startNodeWorld, type NodeWorld } from '../../test/support/node-world.ts';
import type { Backend, Fault } from './fault.ts';

const READINESS_MS = 2_000;
const LONGEST_ANSWER_MS = 3_000;
const BACK_MS = 5_000;

type Breakable = { url: string; takeAway(): void; giveBack(): void; close(): Promise<void> };

export const databaseAway: Fault = {
  id: 'F5',
  title: 'the database is away',
  backends: ['SQLite', 'MongoDB'],
  async run(backend, short) {
    const database = await makeBreakable(backend);
    const nodeWorld = await startNodeWorld(1, () => database.url);
    try {
      return await beWithoutDatabase(nodeWorld, database, short ? 4_000 : 30_000);
    } finally {
      await nodeWorld.stop();
      await database.close();
    }
  },
};

async function makeBreakable(backend: Backend): Promise<Breakable> {
  const url = await backend.makeDatabase();
  if (backend.name === 'SQLite') {
    let somebody: DatabaseSync | undefined;
    return {
      url,
      takeAway() {
        somebody = new DatabaseSync(url.slice('sqlite:'.length), { timeout: 5_000 });
        somebody.exec('BEGIN IMMEDIATE');
      },
      giveBack: () => somebody?.close(),
      close: async () => undefined,
    };
  }
  const target = new URL(url);
  const connection = await startFaultyConnection(Number(target.port));
  target.port = `${connection.port}`;
  return { url: target.href, takeAway: connection.blackHole, giveBack: connection.heal, close: connection.close };
}

async function beWithoutDatabase({ world, nodes }: NodeWorld, database: Breakable, awayMs: number): Promise<string> {
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
