// All faults, and the databases on which they run.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMongoIndexes } from '../../src/storage/mongo/create-mongo-indexes.ts';
import type { MongoServer } from '../../test/storage/mongo-server.ts';
import { startNodeWorld } from '../../test/support/node-world.ts';
import { makeBreakable } from './breakable-database.ts';
import { damagedFile } from './damaged-file.ts';
import { databaseAway } from './database-away.ts';
import { dealerAway } from './dealer-away.ts';
import type { Backend, Fault, Nodes } from './fault.ts';
import { killAtToken } from './kill-at-token.ts';
import { killInRegistration } from './kill-in-registration.ts';
import { powerCut } from './power-cut.ts';
import { rollingRestartOfNodes } from './rolling-restart.ts';
import { rollingUpgrade } from './rolling-upgrade.ts';
import { restoreBackup } from './restore-backup.ts';
import { sweepMany } from './sweep-many.ts';

export const FAULTS: readonly Fault[] = [
  killInRegistration,
  killAtToken,
  powerCut,
  databaseAway,
  dealerAway,
  rollingRestartOfNodes,
  sweepMany,
  damagedFile,
  restoreBackup,
  rollingUpgrade,
];

/** Creates SQLite databases in a temporary folder, which `dispose` removes. */
export function onSqlite(): Backend & { dispose(): Promise<void> } {
  const folders: string[] = [];
  const makeDatabase = async (): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), 'faults-'));
    folders.push(folder);
    return `sqlite:${join(folder, 'common-id.db')}`;
  };
  return {
    name: 'SQLite',
    makeDatabase,
    startNodes: async (count) => startNodes(count, await makeDatabase()),
    async dispose() {
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Creates databases on the given MongoDB server. */
export function onMongo(server: MongoServer): Backend {
  const makeDatabase = async (): Promise<string> => {
    const url = `${server.url}/faults_${crypto.randomUUID().slice(0, 8)}`;
    await createMongoIndexes(url);
    return url;
  };
  return { name: 'MongoDB', makeDatabase, startNodes: async (count) => startNodes(count, await makeDatabase()) };
}

async function startNodes(count: number, databaseUrl: string): Promise<Nodes> {
  const database = await makeBreakable(databaseUrl);
  const flags = ['--import', join(import.meta.dirname, '../../test/support/steer-writes.ts')];
  const nodeWorld = await startNodeWorld(count, () => database.url, {}, flags);
  return {
    ...nodeWorld,
    database,
    async stop() {
      await nodeWorld.stop();
      await database.close();
    },
  };
}
