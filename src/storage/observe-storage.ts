// Lets the metrics and traces see each operation of the storage, and its time until the answer.
import { expiringNames } from './expiring-records.ts';
import type { Storage } from './storage.ts';

/** Makes the call, and returns its result. */
export type Observer = <T>(call: () => Promise<T>) => Promise<T>;

/** Returns the observer of an operation: `accounts.find`, `expiring.put`, `sweep`; one of few names without data. */
export type ObserveOperation = (operation: string) => Observer;

type Method = (...parameters: unknown[]) => Promise<unknown>;

/** Wraps every method of the storage but `load` and `close`. The stores of records that expire have one name, because there are many. */
export function observeStorage(storage: Storage, observe: ObserveOperation): Storage {
  const { load, close, ...observed } = storage;
  const expiring = new Set<string>(expiringNames());
  const wrap = (name: string, method: Method): Method => {
    const observer = observe(name);
    return (...parameters) => observer(() => method(...parameters));
  };
  const wrapped = Object.entries(observed).map(([name, member]: [string, unknown]) => {
    if (isMethod(member)) return [name, wrap(name, member)] as const;
    const methods = Object.entries(member ?? {}).map(([called, method]: [string, unknown]) => [
      called,
      isMethod(method) ? wrap(`${expiring.has(name) ? 'expiring' : name}.${called}`, method) : method,
    ]);
    return [name, Object.fromEntries(methods)] as const;
  });
  return { ...observed, ...Object.fromEntries(wrapped), load, close };
}

function isMethod(member: unknown): member is Method {
  return typeof member === 'function';
}
