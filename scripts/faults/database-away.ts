// F5: the database is unavailable: MongoDB behind a network that drops everything, or SQLite's file locked by another process. The node
// reports it, serves what needs no database, accepts nothing that it would have refused, answers quickly, and recovers by itself.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { logIn } from '../../test/support/log-in.ts';
import type { Answer } from '../../test/support/http-browser.ts';
import type { World } from '../../test/support/world.ts';
import type { Fault, Nodes } from './fault.ts';
import { createGazoo, type Code, type Gazoo, type Tokens } from './gazoo.ts';
import { registrationUrl } from './kill-in-registration.ts';

const READINESS_MS = 2_000;
const LONGEST_ANSWER_MS = 3_000;
const BACK_MS = 5_000;
const MOST_MORE_MIB = 64;
/** The number of parallel redemptions of one code. */
const AT_ONCE = 5;
const KIB_IN_MIB = 1_024;

export const databaseAway: Fault = {
  id: 'F5',
  title: 'the database is away',
  backends: ['SQLite', 'MongoDB'],
  async run(backend, short) {
    const nodes = await backend.startNodes(1);
    try {
      return await beWithoutDatabase(nodes, short);
    } finally {
      await nodes.stop();
    }
  },
};

/** Checks that a person gets a page, a program gets an error code, and both get `Retry-After`. */
function tellsToAskAgain({ status, headers, text }: Answer, words: string): void {
  assert.equal(status, 503);
  assert(Number(headers['retry-after']) > 0, 'it is not said when to ask again');
  assert(text.includes(words), text.slice(0, 1_000));
}

/** Codes and tokens that a node must not accept, especially while it cannot look them up. */
type Refused = { gazoo: Gazoo; spent: Code; revoked: Tokens; fresh: Code };

async function prepareRefused(world: World): Promise<Refused> {
  const gazoo = createGazoo(world);
  const spent = await gazoo.authorize();
  const revoked = await gazoo.redeem(spent);
  // A reused code revokes its tokens.
  assert(revoked && !(await gazoo.redeem(spent)));
  assert.equal(await gazoo.statusOf(revoked), 401);
  return { gazoo, spent, revoked, fresh: await gazoo.authorize() };
}

/** Returns how many sets of tokens the fresh code gave, and the time until the last answer. */
async function tryRefused({ gazoo, spent, revoked, fresh }: Refused): Promise<{ sets: number; milliseconds: number }> {
  const started = performance.now();
  const [again, status, ...sets] = await Promise.all([
    gazoo.redeem(spent),
    gazoo.statusOf(revoked),
    ...Array.from({ length: AT_ONCE }, async () => gazoo.redeem(fresh)),
  ]);
  assert(!again, 'a code that had been redeemed gave tokens');
  assert.notEqual(status, 200, 'a revoked token was accepted');
  return { sets: sets.filter(Boolean).length, milliseconds: performance.now() - started };
}

/** Returns a process's memory in MiB; 0 if the system does not report it. */
function memoryOf(pid: number | undefined): number {
  const path = `/proc/${pid}/status`;
  const kib = existsSync(path) && /^VmRSS:\s+(\d+)/m.exec(readFileSync(path, 'utf8'))?.[1];
  return Number(kib || 0) / KIB_IN_MIB;
}

async function askPort(port: number, path: string): Promise<{ status: number; milliseconds: number }> {
  const started = performance.now();
  const { status } = await fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual', signal: AbortSignal.timeout(10_000) });
  return { status, milliseconds: performance.now() - started };
}

/** The number of requests while the database was unavailable, and the slowest answer. */
type Asked = { count: number; slowest: number; sets: number };

async function askWhileAway({ world, nodes }: Nodes, refused: Refused, isAway: () => boolean): Promise<Asked> {
  const asked: Asked = { count: 0, slowest: 0, sets: 0 };
  const port = nodes[0]?.port ?? 0;
  const note = ({ milliseconds }: { milliseconds: number }): void => {
    asked.slowest = Math.max(asked.slowest, milliseconds);
    asked.count += 4;
  };
  const askAll = async (): Promise<void> => {
    do {
      for (const path of ['/health/live', '/jwks', '/.well-known/openid-configuration']) {
        assert.equal((await askPort(port, path)).status, 200, `${path} needs no database`);
      }
      const callback = `${world.origins.demoClients}/gazoo/callback`;
      const start = await askPort(port, `/auth?client_id=gazoo&response_type=code&scope=openid&redirect_uri=${callback}`);
      assert(start.status === 503 || start.status < 500, `a page answered ${start.status}`);
      note(start);
      await sleep(50);
    } while (isAway());
  };
  const tryAll = async (): Promise<void> => {
    do {
      const tried = await tryRefused(refused);
      asked.sets += tried.sets;
      note(tried);
      await sleep(50);
    } while (isAway());
  };
  await Promise.all([askAll(), tryAll()]);
  return asked;
}

async function beWithoutDatabase(all: Nodes, short: boolean): Promise<string> {
  const { world, nodes, database } = all;
  const awayMs = short ? 4_000 : 30_000;
  const [node] = nodes;
  assert(node);
  await logIn(world);
  const refused = await prepareRefused(world);

  database.takeAway();
  const started = performance.now();
  const ready = await askPort(node.port, '/health/ready');
  assert.equal(ready.status, 503, 'readiness does not report it');
  assert(ready.milliseconds < READINESS_MS, `readiness took ${Math.round(ready.milliseconds)} ms`);
  const gazoo = createGazoo(world);
  tellsToAskAgain(await gazoo.open(registrationUrl(world), node.port), 'ただいま混み合っています');
  tellsToAskAgain(await gazoo.pushTo(node.port), 'temporarily_unavailable');
  const memory = memoryOf(node.pid);
  const asked = await askWhileAway(all, refused, () => performance.now() - started < awayMs);
  const more = Math.round(memoryOf(node.pid) - memory);
  // In the first seconds a new process grows anyway.
  if (!short) assert(more < MOST_MORE_MIB, `it holds ${more} MiB more than at the beginning`);
  // Other tests run at the same time, so times are only roughly checked.
  assert(asked.slowest < LONGEST_ANSWER_MS * (short ? 3 : 1), `an answer took ${Math.round(asked.slowest)} ms`);

  database.giveBack();
  const back = performance.now();
  while ((await askPort(node.port, '/health/ready')).status !== 200) {
    assert(performance.now() - back < BACK_MS, 'the node did not come back');
    await sleep(50);
  }
  const backAfter = performance.now() - back;
  const sets = asked.sets + (await tryRefused(refused)).sets;
  assert(sets <= 1, `one code gave ${sets} sets of tokens`);
  await logIn(world);
  return `away ${awayMs / 1000} s; readiness told in ${Math.round(ready.milliseconds)} ms, ${asked.count} requests, slowest ${Math.round(asked.slowest)} ms; back after ${Math.round(backAfter)} ms; ${more} MiB more, ${sets} sets of tokens from one code`;
}
