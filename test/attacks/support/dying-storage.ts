// A process that dies in the middle of its writes.
import { StorageUnavailable, type Storage } from '../../../src/storage/storage.ts';

const READS = /^(find|list|get|lease|read|settle|ping|close|countByState)/;

type Method = (...args: unknown[]) => Promise<unknown>;

/** A storage of a process that dies after this many writes: no later write arrives. */
export function dyingAfter(storage: Storage, writes: number): { storage: Storage; died: () => boolean } {
  let left = writes;
  const wrapped = Object.entries(storage).map(([name, store]) => {
    if (typeof store !== 'object' || store === null) return [name, store as unknown];
    const methods = Object.entries(store as Record<string, Method>).map(([method, call]) => {
      if (READS.test(method)) return [method, call] as const;
      const dying: Method = async (...args) => {
        left -= 1;
        if (left < 0) throw new StorageUnavailable('the process is dead');
        return call(...args);
      };
      return [method, dying] as const;
    });
    return [name, Object.fromEntries(methods)];
  });
  return { storage: Object.fromEntries(wrapped) as Storage, died: () => left < 0 };
}
