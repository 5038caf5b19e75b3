// Loaded into a node before anything else (`node --import`): a request with the header `x-hold: <n> <file>` waits before its n-th write of
// a record or a code until the file, which it makes then, is gone. So another request can be let in at each write.
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { existsSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { registerHooks } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Storage } from '../../src/storage/storage.ts';

type Hold = { at: number; file: string; writes: number };
const holds = new AsyncLocalStorage<Hold | undefined>();

subscribe('http.server.request.start', (message) => {
  const [at, file] = String((message as { request: IncomingMessage }).request.headers['x-hold'] ?? '').split(' ');
  holds.enterWith(at && file ? { at: Number(at), file, writes: 0 } : undefined);
});

const STORES = [
  'accounts',
  'registrationDrafts',
  'interactionFacts',
  'passwordResets',
  'emailCodes',
  'dealerLinks',
  'migrations',
] as const;
const WRITES = ['put', 'create', 'update', 'consume', 'countAttempt', 'remove'];

/** The same storage, whose writes wait where they are told to. */
export function holding(storage: Storage): Storage {
  const stores = STORES.map((name) => {
    const methods = Object.entries(storage[name] as object as Record<string, (...given: unknown[]) => Promise<unknown>>);
    const held = methods.map(([method, call]) => [
      method,
      WRITES.includes(method)
        ? async (...given: unknown[]): Promise<unknown> => {
            await waitHere();
            return call(...given);
          }
        : call,
    ]);
    return [name, Object.fromEntries(held) as object];
  });
  return { ...storage, ...(Object.fromEntries(stores) as Partial<Storage>) };
}

async function waitHere(): Promise<void> {
  const hold = holds.getStore();
  if (!hold) return;
  hold.writes += 1;
  if (hold.writes !== hold.at) return;
  writeFileSync(hold.file, '');
  while (existsSync(hold.file)) await sleep(2);
}

const ORIGINAL = '?original';

registerHooks({
  load(url, context, nextLoad) {
    if (!url.endsWith('/src/storage/open-storage.ts')) return nextLoad(url, context);
    const source = `
      import { openStorage as open } from ${JSON.stringify(url + ORIGINAL)};
      import { holding } from ${JSON.stringify(import.meta.url)};
      export const openStorage = async (...given) => holding(await open(...given));`;
    return { format: 'module', source, shortCircuit: true };
  },
});
