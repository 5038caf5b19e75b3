// The process whose power fails: `node power-cut-process.ts <path> <milliseconds>`. Its disk is what had been synced: a copy of the
// database is made whenever a sync is asked for, and becomes the disk's content when that sync is done.
import fs, { copyFileSync, existsSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { eventAbout, sampleAccount, sampleDealerLink } from '../../test/storage/conformance/samples.ts';
import type { PowerCut } from './power-cut.ts';

const [path = '', afterMs] = process.argv.slice(2);
let copies = 0;
let disk = '';
let isCut = false;

/** Nothing is written while it copies: the only writer is this thread. */
function copy(): string {
  const image = `${path}.disk${copies++ % 8}`;
  for (const suffix of ['', '-wal']) if (existsSync(`${path}${suffix}`)) copyFileSync(`${path}${suffix}`, `${image}${suffix}`);
  return image;
}

const { fdatasync } = fs;
fs.fdatasync = ((descriptor: number, done: (error: Error | null) => void) => {
  const image = copy();
  fdatasync(descriptor, (error) => {
    if (!isCut) disk = image;
    done(error);
  });
}) as typeof fs.fdatasync;
syncBuiltinESMExports();

const { openSqliteStorage } = await import('../../src/storage/sqlite/open-sqlite-storage.ts');
const storage = await openSqliteStorage({ path, clock: Date.now });
disk = copy();
const acknowledged: string[] = [];

async function write(writer: number): Promise<void> {
  for (let n = 0; !isCut; n += 1) {
    const id = `w${writer}-${n}`;
    await Promise.all([
      storage.accounts.create(sampleAccount(id), eventAbout(id)),
      storage.dealerLinks.create(sampleDealerLink(id), eventAbout(id)),
      storage.artifacts.insertOnce('ReplayDetection', id, {}, Date.now() + 60_000),
    ]);
    if (!isCut) acknowledged.push(id);
  }
}

setTimeout(() => {
  isCut = true;
  const cut: PowerCut = { image: disk, acknowledged };
  process.send?.(cut, () => process.kill(process.pid, 'SIGKILL'));
}, Number(afterMs));
await Promise.all([write(0), write(1), write(2)]);
