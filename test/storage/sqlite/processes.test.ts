// Several real processes on one SQLite file, and a backup beside them.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { execFile, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { backupSqliteDatabase } from '../../../src/storage/sqlite/backup-sqlite-database.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/open-sqlite-storage.ts';
import { kill, listen, next, startProcess } from '../child-process.ts';
import { sampleAccount } from '../conformance/samples.ts';
import { expectAllOf, expectNothingHalfMade } from '../expect-whole.ts';
import { writeFileOfVersion } from './file-of-version.ts';
import { runProcesses } from '../processes.ts';
import { untilTrue } from '../../support/until-true.ts';

jest.setTimeout(60_000);

const OPEN_DATABASE = new URL('../../../src/storage/sqlite/open-database.ts', import.meta.url).href;

runProcesses('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sqlite-'));
  return { url: `sqlite:${join(folder, 'common-id.db')}`, dispose: () => rm(folder, { recursive: true }) };
});

describe('a file of an earlier version', () => {
  test('is brought up to date by processes that open it at once: each account is found, none twice', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sqlite-'));
    const path = join(folder, 'common-id.db');
    const ids = Array.from({ length: 3_000 }, (_, n) => `a${n}`);
    writeFileOfVersion(
      path,
      3,
      ids.map((id) => sampleAccount(id)),
    );
    const children = [1, 2].map(() => startProcess(`sqlite:${path}`, 'race'));
    try {
      await Promise.all(children.map((child) => next(child)));
      const storage = await openSqliteStorage({ path, clock: Date.now });
      for (const id of ids) expect(await storage.accounts.findByEmail(`${id}@example.jp`)).toMatchObject({ id });
      await storage.close();
      const connection = new DatabaseSync(path, { readOnly: true });
      expect(connection.prepare('SELECT count(*) AS accounts FROM accounts').get()).toEqual({ accounts: ids.length });
      expect(connection.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
      expect(connection.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
      connection.close();
    } finally {
      for (const child of children) await kill(child);
      await rm(folder, { recursive: true });
    }
  });
});

test('where there are no threads to be had, what is written is answered', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sqlite-'));
  const path = join(folder, 'common-id.db');
  const program = `
    const { openDatabase } = await import(${JSON.stringify(OPEN_DATABASE)});
    const database = await openDatabase({ path: ${JSON.stringify(path)} });
    const insert = 'INSERT INTO counters (key, points, expires_at) VALUES (?, 1, 1)';
    for (let batch = 0; batch < 20; batch += 1) {
      await Promise.all(Array.from({ length: 100 }, (_, n) => database.write(() => database.run(insert, batch + ' ' + n), 'recreatable')));
    }
    await database.close();`;
  // Without --allow-worker nobody gets a thread, and nobody may tell the disk.
  const flags = ['--permission', '--allow-fs-read=*', '--allow-fs-write=*', '--no-warnings', '--input-type=module'];
  try {
    await promisify(execFile)(process.execPath, [...flags, '-e', program]);
    const connection = new DatabaseSync(path, { readOnly: true });
    expect(connection.prepare('SELECT count(*) AS rows FROM counters').get()).toEqual({ rows: 2_000 });
    connection.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('a backup beside a writing process', () => {
  let folder: string;
  let child: ChildProcess;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sqlite-'));
  });
  afterEach(async () => {
    await kill(child);
    await rm(folder, { recursive: true });
  });

  test('does not stop it, and has all that was acknowledged before it', async () => {
    const path = join(folder, 'common-id.db');
    child = startProcess(`sqlite:${path}`, 'write', 'backup');
    const acknowledgedByNow = await listen(child);
    await untilTrue('ten writes are acknowledged', () => acknowledgedByNow().length >= 10, { everyMs: 5 });
    const before = acknowledgedByNow();
    const to = join(folder, 'backup.db');
    backupSqliteDatabase({ from: path, to });
    await untilTrue('a write is acknowledged after the backup', () => acknowledgedByNow().length > before.length, { everyMs: 5 });
    await kill(child);
    const storage = await openSqliteStorage({ path: to, clock: Date.now });
    try {
      await expectAllOf(before, storage);
      await expectNothingHalfMade(storage);
    } finally {
      await storage.close();
    }
  });
});
