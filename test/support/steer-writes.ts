// Loaded into a node before anything else (`node --import`): a test says at which step the node waits, or kills itself.
// - A request with the header `x-hold: <n> <file>` waits before its n-th write of a record or a code until the file, which it makes then, is
//   gone. So another request can be let in at each write. With `x-hold: <n> <file> every` every write counts.
// - The file of STOP_FILE holds one order for the next request that comes to it, whichever that is; see stop-file.ts.
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { ServerResponse, type IncomingMessage } from 'node:http';
import { registerHooks } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TokenStep } from '../../scripts/faults/token-steps.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { AFTER_WRITE, HELD, HOLD, STOP_FILE } from './stop-file.ts';

type Call = (...given: unknown[]) => Promise<unknown>;

const LOOK_EVERY_MS = 2;
/** Reads, and writes of jobs that go on by themselves. */
const NOT_OF_A_PRESS = /^(find.*|list.*|get|read.*|countByState|lease|renew|complete|retry|bury.*|removeEnded|verify.*)$/;
const RECORDS_AND_CODES = [
  'accounts',
  'registrationDrafts',
  'interactionFacts',
  'passwordResets',
  'emailCodes',
  'dealerLinks',
  'migrations',
];

const stopFile = process.env[STOP_FILE] ?? '';

function order(): string | undefined {
  if (stopFile === '') return undefined;
  try {
    return readFileSync(stopFile, 'utf8');
  } catch {
    return undefined;
  }
}

function die(): void {
  rmSync(stopFile);
  process.kill(process.pid, 'SIGKILL');
}

type Hold = { at: number; file: string; isEvery: boolean; writes: number };
const holds = new AsyncLocalStorage<Hold | undefined>();

subscribe('http.server.request.start', (message) => {
  const { headers } = (message as { request: IncomingMessage }).request;
  const [at, file, which] = String(headers['x-hold'] ?? '').split(' ');
  holds.enterWith(at && file ? { at: Number(at), file, isEvery: which === 'every', writes: 0 } : undefined);
});

async function untilGone(file: string, held: string): Promise<void> {
  writeFileSync(file, held);
  while (existsSync(file)) await sleep(LOOK_EVERY_MS);
}

/** Waits, where the request asks for it. */
async function holdRequest(store: string): Promise<void> {
  const hold = holds.getStore();
  if (!hold || !(hold.isEvery || RECORDS_AND_CODES.includes(store))) return;
  hold.writes += 1;
  if (hold.writes === hold.at) await untilGone(hold.file, '');
}

/** Waits if the order names the event of this write, so that the data that was read for it becomes outdated. */
async function holdEvent(given: unknown[]): Promise<void> {
  const wanted = order();
  if (!wanted?.startsWith(HOLD)) return;
  const isHeld = given.some((each) => (each as { type?: unknown } | undefined)?.type === wanted.slice(HOLD.length));
  if (isHeld) await untilGone(stopFile, HELD);
}

let written = { order: '', writes: 0 };

/** Dies before the next write (`after write 0`), or after so many of them since the order was given. */
function countWrite(made: 0 | 1): void {
  written.writes += made;
  const wanted = order();
  if (!wanted?.startsWith(AFTER_WRITE)) return;
  if (wanted !== written.order) written = { order: wanted, writes: 0 };
  if (written.writes === Number(wanted.slice(AFTER_WRITE.length).split(' ')[0])) die();
}

function reach(step: TokenStep): void {
  if (order() === step) die();
}

/** The steps of the redemption of a code before and after a write. */
function tokenSteps(store: string, method: string, model: unknown): { before?: TokenStep; after?: TokenStep } {
  const write = `${store}.${method} ${String(model)}`;
  if (write === 'artifacts.consume AuthorizationCode') return { before: 'before consume', after: 'after consume' };
  return write === 'artifacts.save AccessToken' ? { after: 'after save' } : {};
}

/** The same storage, whose writes wait where they are told to, or kill the process. */
export function steered(storage: Storage): Storage {
  const stores = Object.entries(storage).map(([store, methods]: [string, unknown]) => [
    store,
    typeof methods === 'object' && methods !== null ? steeredStore(store, methods as Record<string, Call>) : methods,
  ]);
  return Object.fromEntries(stores) as Storage;
}

function steeredStore(store: string, methods: Record<string, Call>): Record<string, Call> {
  const steer =
    (method: string, call: Call): Call =>
    async (...given) => {
      const { before, after } = tokenSteps(store, method, given[0]);
      await holdRequest(store);
      await holdEvent(given);
      countWrite(0);
      if (before) reach(before);
      const answer = await call(...given);
      if (after) reach(after);
      countWrite(1);
      return answer;
    };
  return Object.fromEntries(
    Object.entries(methods).map(([method, call]) => [method, NOT_OF_A_PRESS.test(method) ? call : steer(method, call)]),
  );
}

const { end } = ServerResponse.prototype;
ServerResponse.prototype.end = function (this: ServerResponse, ...given: unknown[]) {
  if (this.req.url === '/token') reach('before reply');
  return end.apply(this, given as never);
} as typeof end;

const ORIGINAL = '?original';

registerHooks({
  load(url, context, nextLoad) {
    if (!url.endsWith('/src/storage/open-storage.ts')) return nextLoad(url, context);
    const source = `
      import { openStorage as open } from ${JSON.stringify(url + ORIGINAL)};
      import { steered } from ${JSON.stringify(import.meta.url)};
      export const openStorage = async (...given) => steered(await open(...given));`;
    return { format: 'module', source, shortCircuit: true };
  },
});
