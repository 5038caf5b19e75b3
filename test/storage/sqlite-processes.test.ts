// Several real processes on one SQLite file, and a backup beside them.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { backupSqliteDatabase } from '../../src/storage/sqlite/backup-sqlite-database.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts';
import { kill, listen, startProcess } from './child-process.ts';
import { expectAllOf, expectNothingHalfMade } from './expect-whole.ts';
import { runProcesses } from './processes.ts';

jest.setTimeout(60_000);

runProcesses('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sqlite-'));
  return { url: `sqlite:${join(folder, 'common-id.db')}`, dispose: () => rm(folder, { recursive: true }) };
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
    await sleep(100);
    const before = acknowledgedByNow();
    const to = join(folder, 'backup.db');
    backupSqliteDatabase({ from: path, to });
    await sleep(20);
    expect(acknowledgedByNow().length).toBeGreaterThan(before.length);
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
