// What the removal of an artifact waits for.
import { expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createArtifactStore } from '../../../src/storage/sqlite/artifact-store.ts';
import { Database } from '../../../src/storage/sqlite/database.ts';
import { openDatabase } from '../../../src/storage/sqlite/open-database.ts';

test('a removal is answered when the log is on the disk; that of a finished interaction at the commit', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'artifacts-'));
  const path = join(folder, 'test.db');
  // Makes the tables.
  await (await openDatabase({ path })).close();
  const disk = Promise.withResolvers<void>();
  const log = { sync: async () => disk.promise, close: () => undefined };
  const database = new Database(new DatabaseSync(path), log, { wrote: () => undefined, close: async () => undefined });
  try {
    const artifacts = createArtifactStore(database, () => 0);
    for (const model of ['AuthorizationCode', 'Interaction']) await artifacts.save(model, 'one', {}, 1000);
    const told: string[] = [];
    const remove = async (model: string): Promise<void> => {
      expect(await artifacts.destroy(model, 'one')).toBe(true);
      told.push(model);
    };
    const code = remove('AuthorizationCode');
    await remove('Interaction');
    await nextTurn();
    expect(told).toEqual(['Interaction']);
    disk.resolve();
    await code;
    expect(told).toEqual(['Interaction', 'AuthorizationCode']);
  } finally {
    disk.resolve();
    await database.close();
    await rm(folder, { recursive: true });
  }
});
