// F3: the power fails at a random moment. Writes that were not synced are lost in whole or in part; acknowledged writes are complete.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts';
import type { Fault } from './fault.ts';

const PROGRAM = join(import.meta.dirname, 'power-cut-process.ts');

/** The power fails after a random time, but not before the disk is in one of these states. */
const AWAITED = ['any moment', 'a file half written', 'a new log'] as const;
export type Awaited = (typeof AWAITED)[number];

/** The message of the process when the power fails: a file with the disk's content, and the acknowledged writes. */
export type PowerCut = { image: string; acknowledged: string[] };

export const powerCut: Fault = {
  id: 'F3',
  title: 'power cut: everything unsynced is lost',
  // On MongoDB durability is the server's promise: test/storage/mongo/mongo.test.ts checks that each write asks for w:majority and j:true.
  backends: ['SQLite'],
  async run(backend, short) {
    const cycles = short ? AWAITED.length : 200;
    const cuts: Record<Awaited, number> = { 'any moment': 0, 'a file half written': 0, 'a new log': 0 };
    let acknowledged = 0;
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const awaited = AWAITED[cycle % AWAITED.length] ?? 'any moment';
      const path = (await backend.makeDatabase()).slice('sqlite:'.length);
      const cut = await cutPower(path, awaited);
      cuts[awaited] += 1;
      acknowledged += cut.acknowledged.length;
      await findAll(cut);
      await rm(dirname(path), { recursive: true });
    }
    assert(acknowledged > cycles, 'too little was acknowledged to say anything');
    const seen = AWAITED.map((awaited) => `${cuts[awaited]} at ${awaited}`).join(', ');
    return `${cycles} power cuts (${seen}); ${acknowledged} registrations acknowledged, 0 lost`;
  },
};

async function cutPower(path: string, awaited: Awaited): Promise<PowerCut> {
  const child = fork(PROGRAM, [path, awaited], { execArgv: ['--no-warnings'] });
  return new Promise((resolve, reject) => {
    child.once('message', (cut) => resolve(cut as PowerCut));
    child.once('exit', (code) => reject(new Error(`the process ended (${code}) without a message`)));
  });
}

/** Opening the storage checks for damage. */
async function findAll({ image, acknowledged }: PowerCut): Promise<void> {
  const storage = await openSqliteStorage({ path: image, clock: Date.now });
  const find = async (id: string): Promise<void> => {
    assert(await storage.accounts.find(id), `account ${id} was acknowledged and is lost`);
    assert(await storage.dealerLinks.find(id), `the consent of ${id} is lost`);
    assert.equal(await storage.artifacts.insertOnce('ReplayDetection', id, {}, Date.now() + 60_000), false);
  };
  try {
    await Promise.all(acknowledged.map(find));
  } finally {
    await storage.close();
  }
}
