// SQLite keeps the port's promises, and its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts';
import { runConformance } from './conformance.ts';

runConformance('SQLite', async (clock) => {
  const folder = await mkdtemp(join(tmpdir(), 'sqlite-'));
  const openAnother = () => openSqliteStorage({ path: join(folder, 'common-id.db'), clock });
  return { storage: await openAnother(), openAnother, dispose: () => rm(folder, { recursive: true }) };
});
