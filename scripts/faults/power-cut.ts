// F3: the power fails at a random moment. What the operating system had not been told to bring to the disk is lost; what was
// acknowledged is not.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts';
import type { Fault } from './fault.ts';

const PROGRAM = join(import.meta.dirname, 'power-cut-process.ts');

/** What the process tells when the power fails: where the disk's content of that moment is, and what it had acknowledged. */
export type PowerCut = { image: string; acknowledged: string[] };

export const powerCut: Fault = {
  id: 'F3',
  title: 'power cut: everything unsynced is lost',
  // A server's own promise elsewhere: there we ask for w:majority and j:true, which test/storage/mongo.test.ts holds each write to.
  backends: ['SQLite'],
  async run(backend, short) {
    const cycles = short ? 5 : 200;
    let acknowledged = 0;
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const path = (await backend.makeDatabase()).slice('sqlite:'.length);
      const cut = await cutPower(path, 20 + randomInt(150));
      acknowledged += cut.acknowledged.length;
      const storage = await openSqliteStorage({ path: cut.image, clock: Date.now });
      try {
        for (const id of cut.acknowledged) {
          assert(await storage.accounts.find(id), `account ${id} was acknowledged and is lost`);
          assert(await storage.dealerLinks.find(id), `the consent of ${id} is lost`);
          assert.equal(await storage.artifacts.insertOnce('ReplayDetection', id, {}, Date.now() + 60_000), false);
        }
      } finally {
        await storage.close();
      }
    }
    assert(acknowledged > cycles, 'too little was acknowledged to say anything');
    return `${cycles} power cuts; ${acknowledged} registrations acknowledged, 0 lost`;
  },
};

async function cutPower(path: string, afterMs: number): Promise<PowerCut> {
  const child = fork(PROGRAM, [path, `${afterMs}`], { execArgv: ['--no-warnings'] });
  return new Promise((resolve, reject) => {
    child.once('message', (cut) => resolve(cut as PowerCut));
    child.once('exit', (code) => reject(new Error(`the process ended (${code}) without a word`)));
  });
}
