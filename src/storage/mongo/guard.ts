// Wraps every store: converts its errors to the port's, limits the time of calls, and makes closing wait for running calls.
import { StorageUnavailable } from '../storage.ts';
import { asPortError } from './mongo-error.ts';
import type { Timeouts } from './timeouts.ts';

type AsyncMethod = (...parameters: unknown[]) => Promise<unknown>;

export type Guard = {
  /**
   * Wraps a store so that it throws the port's errors, and refuses calls once it is closed.
   * @param wait the timeout after which a call fails with `StorageUnavailable`
   */
  guard<Store extends object>(store: Store, wait?: 'call' | 'longCall'): Store;
  /** Returns how many calls are under way. */
  underWay(): number;
  /** Refuses new calls, and resolves when all running ones have ended. */
  closed(): Promise<void>;
};

/** Creates the guard of all stores of one connection. */
export function createGuard(timeouts: Timeouts): Guard {
  const open = new Set<Promise<unknown>>();
  let isClosed = false;

  async function call(method: AsyncMethod, parameters: unknown[], timeoutMs: number): Promise<unknown> {
    if (isClosed) throw new StorageUnavailable('the database is closed');
    const answer = method(...parameters);
    open.add(answer);
    const forget = (): unknown => open.delete(answer);
    answer.then(forget, forget);
    try {
      return await inTime(answer, timeoutMs);
    } catch (error) {
      throw asPortError(error);
    }
  }

  return {
    guard<Store extends object>(store: Store, wait: 'call' | 'longCall' = 'call'): Store {
      const guarded = Object.entries(store).flatMap(([name, method]: [string, unknown]) =>
        isMethod(method) ? [[name, async (...parameters: unknown[]) => call(method, parameters, timeouts[wait])] as const] : [],
      );
      return { ...store, ...Object.fromEntries(guarded) };
    },
    underWay: () => open.size,
    async closed() {
      isClosed = true;
      await Promise.allSettled(open);
    },
  };
}

/** All that a store has are methods, and each of them is asynchronous. */
function isMethod(member: unknown): member is AsyncMethod {
  return typeof member === 'function';
}

async function inTime<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StorageUnavailable('the database did not answer in time')), timeoutMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
