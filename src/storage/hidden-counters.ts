// Keeps out of the database whom a counter counts: the names of limits hold e-mail addresses and networks.
import { createHmac, type KeyObject } from 'node:crypto';
import type { CounterStore } from './storage.ts';

/**
 * The same store, with what stands behind the first colon of a key (`login-failures:<address>`) as an HMAC under a key that is not in the
 * database. All processes that share the secret count together; where it was changed the limits begin anew.
 */
export function hideCounterKeys(counters: CounterStore, key: KeyObject): CounterStore {
  function hide(name: string): string {
    const limit = name.slice(0, name.indexOf(':') + 1);
    return limit + createHmac('sha256', key).update(name).digest('base64url');
  }

  return {
    add: async (name, points, durationMs) => counters.add(hide(name), points, durationMs),
    get: async (name) => counters.get(hide(name)),
    remove: async (name) => counters.remove(hide(name)),
  };
}
