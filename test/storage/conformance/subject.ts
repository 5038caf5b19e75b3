// The subject of each test of the suite: a new storage, a second handle on the same data, and a clock that the test turns.
import { afterEach, beforeEach } from '@jest/globals';
import type { Storage } from '../../../src/storage/storage.ts';

export type OpenedBackend = {
  storage: Storage;
  /** Opens the same data once more, as another process would; the first stays open. */
  openAnother(): Promise<Storage>;
  /** Removes the data, after every storage was closed. */
  dispose(): Promise<void>;
  /** The size of a large test here: the server in memory scans all documents where a real one uses an index. */
  large: number;
};

export type OpenBackend = (clock: () => number) => Promise<OpenedBackend>;

export type Subject = {
  readonly storage: Storage;
  /** Another handle on the same data. */
  another(): Promise<Storage>;
  /** Closes the storage and opens the same data again. */
  reopen(): Promise<void>;
  now(): number;
  advance(milliseconds: number): void;
  /** The size of a large test for this backend. */
  readonly large: number;
  /** Calls `action` `times` times at once, spread over two handles. */
  race<T>(times: number, action: (storage: Storage, index: number) => Promise<T>): Promise<PromiseSettledResult<T>[]>;
};

/** Not in the past, because MongoDB removes expired documents by its own clock. */
const START = Math.ceil(Date.now() / 1000) * 1000;

/** Gives every test of the enclosing `describe` a subject of its own. */
export function useSubject(open: OpenBackend): Subject {
  let now = START;
  let opened: OpenedBackend;
  let current: Storage;
  let handles: Storage[] = [];

  beforeEach(async () => {
    now = START;
    opened = await open(() => now);
    current = opened.storage;
    handles = [current];
  });
  afterEach(async () => {
    for (const handle of handles) await handle.close();
    await opened.dispose();
  });

  const another = async (): Promise<Storage> => {
    const handle = await opened.openAnother();
    handles.push(handle);
    return handle;
  };
  return {
    get storage() {
      return current;
    },
    another,
    async reopen() {
      await current.close();
      handles = handles.filter((handle) => handle !== current);
      current = await another();
    },
    get large() {
      return opened.large;
    },
    now: () => now,
    advance(milliseconds) {
      now += milliseconds;
    },
    async race(times, action) {
      const two = [current, await another()] as const;
      return Promise.allSettled(Array.from({ length: times }, (_, index) => action(two[index % 2 === 0 ? 0 : 1], index)));
    },
  };
}

/** Returns the values of the calls that succeeded. */
export function answered<T>(results: PromiseSettledResult<T>[]): T[] {
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

/** Returns the errors of the calls that failed. */
export function thrown(results: PromiseSettledResult<unknown>[]): unknown[] {
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
}

/** Payloads that a careless backend would change. */
export const ODD_PAYLOADS: [string, Record<string, unknown>][] = [
  ['empty', {}],
  ['Japanese, emoji and controls', { text: '髙﨑 太郎 ｱｲｳ が ﾊﾟ 👨‍👩‍👧 𠮷野家 \u0000 \u0007 \u2028 "\\\' e\u0301 é' }],
  [
    'keys with dots, dollars and blanks',
    { 'a.b.c': 1, $set: { $gt: '' }, '': 'empty', ' ': 'blank', 'ク リ': 2, 'a\u0301': 3, á: 4 },
  ],
  ['keys of every object', { constructor: 'c', toString: 't', hasOwnProperty: false, length: 0 }],
  ['numbers', { zero: 0, negative: -1, fraction: 0.1 + 0.2, large: Number.MAX_SAFE_INTEGER, tiny: 5e-324, huge: 1.7e308 }],
  ['nothing, no and lists', { none: null, no: false, list: [], lists: [[], [[null]], {}], object: {}, text: '' }],
  [
    'texts that look like something else',
    { date: '2026-11-01T00:00:00.000Z', number: '0123', oid: '507f1f77bcf86cd799439011', nil: 'null' },
  ],
  ['deep', { deep: nested(90) }],
  ['large', { text: 'あ'.repeat(200_000), list: Array.from({ length: 5_000 }, (_, index) => ({ index })) }],
];

function nested(depth: number): unknown {
  return depth === 0 ? 'bottom' : { inside: nested(depth - 1) };
}
