// Loaded into a node before anything else (`node --import`): the process kills itself when the redemption of a code comes to the step that
// stands in the file of STOP_FILE, or holds a write that stands there. Wraps the storage as the node opens it, and the answer.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { ServerResponse } from 'node:http';
import { registerHooks } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Storage } from '../../src/storage/storage.ts';
import { AFTER_WRITE, HELD, HOLD, STOP_FILE } from '../../test/support/stop-file.ts';
import type { TokenStep } from './token-steps.ts';

const file = process.env[STOP_FILE] ?? '';

function wanted(): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function reach(step: TokenStep): void {
  if (wanted() !== step) return;
  rmSync(file);
  process.kill(process.pid, 'SIGKILL');
}

/** Waits, where the file asks for it, until the file is gone: what was read for this write grows old. */
async function hold(what: string): Promise<void> {
  if (wanted() !== `${HOLD}${what}`) return;
  writeFileSync(file, HELD);
  while (existsSync(file)) await sleep(5);
}

/** Writes of jobs that go on by themselves, and what changes nothing. */
const NOT_OF_A_PRESS = /^(find.*|list.*|get|read.*|countByState|lease|renew|complete|retry|bury.*|removeEnded|verify.*)$/;
let written = { order: '', writes: 0 };

/** Kills the process before the next write (`after write 0`), or after so many of them from now on. */
function countWrites<Store extends object>(store: Store): Store {
  const reachWrite = (): void => {
    const order = wanted();
    if (!order?.startsWith(AFTER_WRITE)) return;
    if (order !== written.order) written = { order, writes: 0 };
    if (written.writes === Number(order.slice(AFTER_WRITE.length).split(' ')[0])) {
      rmSync(file);
      process.kill(process.pid, 'SIGKILL');
    }
  };
  return Object.fromEntries(
    Object.entries(store as Record<string, (...given: unknown[]) => Promise<unknown>>).map(([name, method]) => [
      name,
      async (...given: unknown[]) => {
        if (NOT_OF_A_PRESS.test(name)) return method(...given);
        reachWrite();
        const answer = await method(...given);
        written.writes += 1;
        reachWrite();
        return answer;
      },
    ]),
  ) as Store;
}

/** The same storage, which tells of the steps. */
export function stepping(storage: Storage): Storage {
  const stores = Object.entries(telling(storage)).map(([name, store]) => [
    name,
    typeof store === 'object' && store !== null ? countWrites(store as object) : store,
  ]);
  return Object.fromEntries(stores) as Storage;
}

function telling(storage: Storage): Storage {
  const { artifacts, migrations } = storage;
  return {
    ...storage,
    artifacts: {
      ...artifacts,
      async consume(model, id) {
        if (model !== 'AuthorizationCode') return artifacts.consume(model, id);
        reach('before consume');
        const isFirst = await artifacts.consume(model, id);
        reach('after consume');
        return isFirst;
      },
      async save(model, ...rest) {
        await artifacts.save(model, ...rest);
        if (model === 'AccessToken') reach('after save');
      },
    },
    migrations: {
      ...migrations,
      async put(migration, event) {
        await hold(event.type);
        return migrations.put(migration, event);
      },
    },
  };
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
      import { stepping } from ${JSON.stringify(import.meta.url)};
      export const openStorage = async (...given) => stepping(await open(...given));`;
    return { format: 'module', source, shortCircuit: true };
  },
});
