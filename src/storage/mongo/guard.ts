// What stands around every store: its errors in the port's words, and an end that waits for what was begun.
import { StorageUnavailable } from '../storage.ts';
import { asPortError } from './mongo-error.ts';

type AsyncMethod = (...parameters: unknown[]) => Promise<unknown>;

export type Guard = {
  /** The store, throwing what the port names, and refusing once it is closed. */
  guard<Store extends object>(store: Store): Store;
  /** Lets nothing new in, and answers when everything that was begun has ended. */
  closed(): Promise<void>;
};

export function createGuard(): Guard {
  const open = new Set<Promise<unknown>>();
  let isClosed = false;

  async function call(method: AsyncMethod, parameters: unknown[]): Promise<unknown> {
    if (isClosed) throw new StorageUnavailable('the database is closed');
    const answer = method(...parameters);
    open.add(answer);
    try {
      return await answer;
    } catch (error) {
      throw asPortError(error);
    } finally {
      open.delete(answer);
    }
  }

  return {
    guard<Store extends object>(store: Store): Store {
      const methods = Object.entries(store as Record<string, AsyncMethod>);
      return Object.fromEntries(
        methods.map(([name, method]) => [name, async (...parameters: unknown[]) => call(method, parameters)]),
      ) as Store;
    },
    async closed() {
      isClosed = true;
      await Promise.allSettled(open);
    },
  };
}
