// F1: a process that registers people is killed at random moments; nothing acknowledged is lost, nothing is half-made.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStorage } from '../../src/storage/open-storage.ts';
import { FIRST_PREVIOUS_HASH, ledgerHash } from '../../src/storage/ledger-hash.ts';
import type { LedgerEntry, Storage } from '../../src/storage/storage.ts';
import { kill, listen, startProcess } from '../../test/storage/child-process.ts';
import type { Fault } from './fault.ts';

/** A restart must be ready within this; most of it is the start of the process, which stands outside of this figure. */
const READY_MS = 3_000;

export const killWriters: Fault = {
  id: 'F1',
  title: 'kill -9 in the middle of registrations',
  backends: ['SQLite', 'MongoDB'],
  async run(backend, short) {
    const url = await backend.makeDatabase();
    const cycles = short ? 5 : 200;
    const acknowledged: string[] = [];
    let slowestOpen = 0;
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const child = startProcess(url, 'write', `cycle${cycle}`);
      const acknowledgedByNow = await listen(child);
      await sleep(randomInt(80));
      await kill(child);
      acknowledged.push(...acknowledgedByNow());
      const opening = performance.now();
      await (await openStorage(url, Date.now)).close();
      slowestOpen = Math.max(slowestOpen, performance.now() - opening);
    }
    assert(slowestOpen < READY_MS, `the database was ready after ${Math.round(slowestOpen)} ms`);
    const storage = await openStorage(url, Date.now);
    try {
      for (const id of acknowledged) await expectWhole(storage, id);
      await expectOneEventEach(storage);
    } finally {
      await storage.close();
    }
    return `${cycles} kills; ${acknowledged.length} registrations acknowledged, 0 lost, 0 half-made; open again within ${Math.round(slowestOpen)} ms`;
  },
};

async function expectWhole(storage: Storage, id: string): Promise<void> {
  assert((await storage.accounts.find(id))?.id === id, `account ${id} was acknowledged and is lost`);
  assert((await storage.accounts.findByEmail(`${id}@example.jp`))?.id === id, `the address of ${id} is lost`);
  assert(await storage.dealerLinks.find(id), `the consent of ${id} is lost`);
  assert(await storage.jobs.find(id), `the job of ${id} is lost`);
  assert((await storage.artifacts.find('AccessToken', id))?.['consumed'], `${id} was consumed and is not`);
}

async function expectOneEventEach(storage: Storage): Promise<void> {
  const events = new Map<string, number>();
  let previous: Pick<LedgerEntry, 'sequence' | 'hash'> = { sequence: 0, hash: FIRST_PREVIOUS_HASH };
  for (;;) {
    const entries = await storage.ledger.read(previous.sequence, 1_000);
    for (const entry of entries) {
      assert.equal(entry.sequence, previous.sequence + 1);
      assert.equal(entry.hash, ledgerHash(previous.hash, entry), `the chain is broken at ${entry.sequence}`);
      events.set(entry.subject, (events.get(entry.subject) ?? 0) + 1);
      previous = entry;
    }
    if (entries.length === 0) break;
  }
  for (const [id, count] of events) {
    const things = [await storage.accounts.find(id), await storage.dealerLinks.find(id)].filter(Boolean);
    assert.equal(count, things.length, `${id} has ${count} events and ${things.length} things`);
  }
}
