// F18: a large number of expired artifacts is swept while others read and write. Requests stay fast, and no expired artifact is found. If a
// process is killed during the sweep, the next one removes the rest.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openSide } from '../admin/storage-copy/copy-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { openPatiently } from '../../test/storage/open-patiently.ts';
import { rowsOf } from '../../test/support/rows-of.ts';
import type { Fault } from './fault.ts';

const PROGRAM = join(import.meta.dirname, 'sweep-process.ts');
const ADDED_P99_MS = 20;
const IN_ONE_WRITE = 1_000;
const LIVES_MS = 1_000;
const HOUR_MS = 3_600_000;
const SESSIONS = 100;

export const sweepMany: Fault = {
  id: 'F18',
  title: 'many expired artifacts are swept',
  backends: ['SQLite', 'MongoDB'],
  async run(backend, short) {
    const count = short ? 2_000 : 100_000;
    // Ahead of the server's clock, because MongoDB itself removes what has expired by its own clock.
    let now = Date.now() + 24 * HOUR_MS;
    const url = await backend.makeDatabase();
    await fill(url, count, now + LIVES_MS);
    const storage = await openPatiently(url, () => now);
    try {
      const before = await measure(storage, now, () => false, 500);
      assert(await storage.artifacts.find('AccessToken', 't7'), 'one that has not expired was not found');
      now += LIVES_MS;
      assert.equal(await storage.artifacts.find('AccessToken', 't7'), undefined, 'an expired one was found before the sweep');
      const done = count / 5;
      const begun = count / 4;
      await sweepAndDie(url, now, done, begun);
      assert.equal(
        await storage.artifacts.find('AccessToken', `t${count - 1}`),
        undefined,
        'an expired one was found after a kill',
      );
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
      const during = await measure(storage, now, () => isSwept, Infinity);
      await sweeping;
      assert(removed <= count - done && removed >= count - done - begun, `the killed process left ${removed} of ${count}`);
      assert.equal((await rowsOf(url, 'artifacts')).length, SESSIONS, 'something is left, or too much was taken');
      const added = during - before;
      // Other tests run at the same time, so times are not checked.
      if (!short && backend.name === 'SQLite') assert(added < ADDED_P99_MS, `the sweep added ${added.toFixed(1)} ms to the p99`);
      return `${count} swept, ${removed} of them after a kill in the midst; p99 of a save and a find ${before.toFixed(1)} ms before, ${during.toFixed(1)} ms during`;
    } finally {
      await storage.close();
    }
  },
};

/** Writes in bulk as a copy does, because the in-memory server scans all rows for each single write. */
async function fill(url: string, count: number, expires_at: number): Promise<void> {
  const side = await openSide(url, { make: true });
  for (let first = 0; first < count; first += IN_ONE_WRITE) {
    const rows = Array.from({ length: IN_ONE_WRITE }, (_, n) => ({
      model: 'AccessToken',
      id: `t${first + n}`,
      payload: JSON.stringify({ grantId: `g${first + n}` }),
      consumed_at: null,
      expires_at,
    }));
    await side.write('artifacts', rows);
  }
  await side.close();
}

async function sweepAndDie(url: string, now: number, done: number, begun: number): Promise<void> {
  const child = fork(PROGRAM, [url, `${now}`, `${done}`, `${begun}`], { execArgv: ['--no-warnings'] });
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  assert.equal(signal, 'SIGKILL', 'it ended before it was killed');
}

/** Returns the 99th percentile of a save followed by a find. */
async function measure(storage: Storage, now: number, isOver: () => boolean, most: number): Promise<number> {
  const times: number[] = [];
  while (!isOver() && times.length < most) {
    const started = performance.now();
    const id = `mine${times.length % SESSIONS}`;
    await storage.artifacts.save('Session', id, { n: times.length }, now + HOUR_MS);
    assert.equal(
      (await storage.artifacts.find('Session', id))?.['n'],
      times.length,
      'the sweep removed an artifact that had not expired',
    );
    times.push(performance.now() - started);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0;
}
