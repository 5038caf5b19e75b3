// F18: very many expired artifacts are swept while others read and write; nobody notices, and none of them is ever found.
import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openStorage } from '../../src/storage/open-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import type { Fault } from './fault.ts';

const ADDED_P99_MS = 20;
const AT_ONCE = 100;

export const sweepMany: Fault = {
  id: 'F18',
  title: 'many expired artifacts are swept',
  backends: ['SQLite', 'MongoDB'],
  async run(backend, short) {
    // The server in memory of the tests looks through everything for what a real one finds by its index.
    const count = short ? 2_000 : backend.name === 'SQLite' ? 100_000 : 2_000;
    let now = Date.now();
    const storage = await openStorage(await backend.makeDatabase(), () => now);
    try {
      for (let first = 0; first < count; first += AT_ONCE) {
        const writes = Array.from({ length: AT_ONCE }, (_, n) =>
          storage.artifacts.save('AccessToken', `t${first + n}`, { grantId: `g${first + n}` }, now + 1_000),
        );
        await Promise.all(writes);
      }
      const before = await measure(storage, () => false, 500);
      now += 1_000;
      assert.equal(await storage.artifacts.find('AccessToken', 't7'), undefined, 'an expired one was found before the sweep');
      let removed = 0;
      let isSwept = false;
      const sweeping = (async () => {
        let batch: number;
        do {
          batch = await storage.sweep(1_000);
          removed += batch;
          await nextTurn();
        } while (batch > 0);
        isSwept = true;
      })();
      const during = await measure(storage, () => isSwept, Infinity);
      await sweeping;
      assert.equal(removed, count);
      const added = during - before;
      // The tests run beside others, where a figure of milliseconds says nothing.
      if (!short && backend.name === 'SQLite') assert(added < ADDED_P99_MS, `the sweep added ${added.toFixed(1)} ms to the p99`);
      return `${count} swept; p99 of a save and a find ${before.toFixed(1)} ms before, ${during.toFixed(1)} ms during`;
    } finally {
      await storage.close();
    }
  },
};

/** The 99th percentile of a save and a find, one after the other. */
async function measure(storage: Storage, isOver: () => boolean, most: number): Promise<number> {
  const times: number[] = [];
  while (!isOver() && times.length < most) {
    const started = performance.now();
    const id = `mine${times.length % 100}`;
    await storage.artifacts.save('Session', id, { n: times.length }, Date.now() + 3_600_000);
    assert.equal((await storage.artifacts.find('Session', id))?.['n'], times.length, 'the sweep took what had not expired');
    times.push(performance.now() - started);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0;
}
