// F20: a damaged file or one of a newer version is refused at the start, within the promised time; a backup in its place works.
import assert from 'node:assert/strict';
import { rmSync, renameSync, truncateSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { backupSqliteDatabase } from '../../src/storage/sqlite/backup-sqlite-database.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts';
import { eventAbout, sampleAccount } from '../../test/storage/conformance/samples.ts';
import type { Backend, Fault } from './fault.ts';

const PAGE = 4_096;
const ACCOUNTS = 300;

/** What is done to the file, and how the start refuses it. */
const DAMAGES: [what: string, error: string, damage: (path: string) => unknown][] = [
  ['a page is overwritten', 'DatabaseDamaged', (path) => overwrite(path, PAGE * 5, PAGE)],
  ['its end is missing', 'DatabaseDamaged', (path) => truncateSync(path, PAGE * 12)],
  ['its first page is overwritten', 'DatabaseDamaged', (path) => overwrite(path, 0, PAGE)],
  ['a newer version wrote it', 'DatabaseTooNew', (path) => setVersion(path, 999)],
];

export const damagedFile: Fault = {
  id: 'F20',
  title: 'a damaged file, a wrong version, a restored backup',
  backends: ['SQLite'],
  async run(backend) {
    for (const [what, error, damage] of DAMAGES) {
      const { path, backup } = await makeFile(backend);
      await damage(path);
      await assert.rejects(openSqliteStorage({ path, clock: Date.now }), { name: error }, what);
      for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
      renameSync(backup, path);
      const restored = await openSqliteStorage({ path, clock: Date.now });
      for (let n = 0; n < ACCOUNTS; n += 1) assert(await restored.accounts.find(`a${n}`), 'the backup lacks an account');
      assert.equal((await restored.ledger.read(0, ACCOUNTS + 1)).length, ACCOUNTS);
      await restored.close();
    }
    return `${DAMAGES.length} damages refused, each restored from its backup with all ${ACCOUNTS} accounts`;
  },
};

async function makeFile(backend: Backend): Promise<{ path: string; backup: string }> {
  const path = (await backend.makeDatabase()).slice('sqlite:'.length);
  const storage = await openSqliteStorage({ path, clock: Date.now });
  await Promise.all(
    Array.from({ length: ACCOUNTS }, (_, n) => storage.accounts.create(sampleAccount(`a${n}`), eventAbout(`a${n}`))),
  );
  const backup = `${path}.backup`;
  backupSqliteDatabase({ from: path, to: backup });
  await storage.close();
  return { path, backup };
}

async function overwrite(path: string, position: number, length: number): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(Buffer.alloc(length, 0xa5), 0, length, position);
  await file.close();
}

function setVersion(path: string, version: number): void {
  const connection = new DatabaseSync(path);
  connection.exec(`PRAGMA user_version = ${version}`);
  connection.close();
}
