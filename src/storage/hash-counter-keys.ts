// Hashes counter keys, so that the addresses and networks in them are not stored.
import { createHmac, type KeyObject } from 'node:crypto';
import type { CounterStore } from './storage.ts';

/**
 * Makes the same store with hashed keys: the part before the first colon of a key (`login-failures:<address>`) stays, an HMAC follows. The
 * key of the HMAC is not in the database. Processes with the same secret count together. With a new secret all counters start at zero.
 */
export function hashCounterKeys(counters: CounterStore, key: KeyObject): CounterStore {
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
