// F20: a damaged file, or a file of a newer version, is refused at startup; a backup in its place works. With a truncated log, every
// transaction before the cut is there.
import assert from 'node:assert/strict';
import { copyFileSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { backupSqliteDatabase } from '../../src/storage/sqlite/backup-sqlite-database.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { eventAbout, sampleAccount } from '../../test/storage/conformance/samples.ts';
import { meddle, overwrite } from '../../test/storage/sqlite/damage.ts';
import type { Backend, Fault } from './fault.ts';
import { verifyLedger } from '../../src/storage/verify-ledger.ts';
import { LEDGER_KEY, ledgerOf } from '../../test/support/ledger-of.ts';

const PAGE = 4_096;
/** Few enough that the log is not checkpointed into the file before it is cut. */
const ACCOUNTS = 200;
const IN_ONE_TRANSACTION = 20;
const CUTS = 12;

/** The same accounts in three forms: a closed file, its backup, and a file with its log as a killed process leaves it. */
type Files = { path: string; backup: string; asKilled: string };

/** The ways of damaging the file, and the error at startup. */
const DAMAGES: [what: string, error: string, damage: (path: string) => unknown][] = [
  ['a page is overwritten', 'DatabaseDamaged', (path) => overwrite(path, PAGE * 5, PAGE)],
  ['its end is missing', 'DatabaseDamaged', (path) => truncateSync(path, PAGE * 12)],
  ['its first page is overwritten', 'DatabaseDamaged', (path) => overwrite(path, 0, PAGE)],
  ['a newer version wrote it', 'DatabaseTooNew', (path) => meddle(path, 'PRAGMA user_version = 999')],
];

export const damagedFile: Fault = {
  id: 'F20',
  title: 'a damaged file, a wrong version, a restored backup',
  backends: ['SQLite'],
  async run(backend) {
    for (const [what, error, damage] of DAMAGES) {
      const { path, backup } = await makeFile(backend);
      await damage(path);
      await assert.rejects(openSqliteStorage({ path, clock: Date.now, ledgerKey: LEDGER_KEY }), { name: error }, what);
      for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
      renameSync(backup, path);
      const restored = await openSqliteStorage({ path, clock: Date.now, ledgerKey: LEDGER_KEY });
      assert.equal(await countWhole(restored), ACCOUNTS, 'the backup lacks accounts');
      await restored.close();
    }
    const counts = await openWithCutLogs(await makeFile(backend));
    return `${DAMAGES.length} damages refused, each restored from its backup with all ${ACCOUNTS} accounts; of logs that were cut off ${counts.join(', ')} of them`;
  },
};

/** Returns the number of accounts after each cut. Checks that none is incomplete, and that none is missing before an existing one. */
async function openWithCutLogs({ path, asKilled }: Files): Promise<number[]> {
  const counts: number[] = [];
  const { size } = statSync(`${asKilled}-wal`);
  for (let cut = 1; cut < CUTS; cut += 1) {
    const cutOff = `${path}.cut${cut}`;
    for (const suffix of ['', '-wal']) copyFileSync(`${asKilled}${suffix}`, `${cutOff}${suffix}`);
    truncateSync(`${cutOff}-wal`, Math.floor((size * cut) / CUTS));
    const storage = await openSqliteStorage({ path: cutOff, clock: Date.now, ledgerKey: LEDGER_KEY });
    const count = await countWhole(storage);
    await storage.close();
    assert.equal(count % IN_ONE_TRANSACTION, 0, 'a transaction is there in part');
    counts.push(count);
  }
  const [least = 0, most = 0] = [counts.at(0), counts.at(-1)];
  assert(least < most && most < ACCOUNTS, `${counts.join(', ')} accounts do not tell where the log was cut`);
  return counts;
}

/** @throws {AssertionError} if an account lacks its event, an event its account, or the ledger is broken */
async function countWhole(storage: Storage): Promise<number> {
  assert.deepEqual((await verifyLedger(storage.ledger, [LEDGER_KEY])).findings, [], 'the ledger is broken');
  const subjects = new Set((await ledgerOf(storage)).map(({ subject }) => subject));
  for (let n = 0; n < ACCOUNTS; n += 1) {
    assert.equal((await storage.accounts.find(`a${n}`)) !== undefined, n < subjects.size);
    assert.equal(subjects.has(`a${n}`), n < subjects.size);
  }
  return subjects.size;
}

async function makeFile(backend: Backend): Promise<Files> {
  const path = (await backend.makeDatabase()).slice('sqlite:'.length);
  const storage = await openSqliteStorage({ path, clock: Date.now, ledgerKey: LEDGER_KEY });
  for (let first = 0; first < ACCOUNTS; first += IN_ONE_TRANSACTION) {
    const ids = Array.from({ length: IN_ONE_TRANSACTION }, (_, n) => `a${first + n}`);
    await Promise.all(ids.map(async (id) => storage.accounts.create(sampleAccount(id), eventAbout(id))));
  }
  const backup = `${path}.backup`;
  backupSqliteDatabase({ from: path, to: backup });
  const asKilled = `${path}.killed`;
  for (const suffix of ['', '-wal']) copyFileSync(`${path}${suffix}`, `${asKilled}${suffix}`);
  await storage.close();
  return { path, backup, asKilled };
}
