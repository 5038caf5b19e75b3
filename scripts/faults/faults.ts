// All faults that are tried, and the databases that they are tried on.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMongoIndexes } from '../../src/storage/mongo/create-mongo-indexes.ts';
import type { MongoServer } from '../../test/storage/mongo-server.ts';
import { damagedFile } from './damaged-file.ts';
import { databaseAway } from './database-away.ts';
import type { Backend, Fault } from './fault.ts';
import { dealerAway } from './dealer-away.ts';
import { killAtToken } from './kill-at-token.ts';
import { killWriters } from './kill-writers.ts';
import { powerCut } from './power-cut.ts';
import { rollingRestartOfNodes } from './rolling-restart.ts';
import { sweepMany } from './sweep-many.ts';

export const FAULTS: readonly Fault[] = [
  killWriters,
  killAtToken,
  powerCut,
  databaseAway,
  dealerAway,
  rollingRestartOfNodes,
  sweepMany,
  damagedFile,
];

export function onSqlite(): Backend & { dispose(): Promise<void> } {
  const folders: string[] = [];
  return {
    name: 'SQLite',
    async makeDatabase() {
      const folder = await mkdtemp(join(tmpdir(), 'faults-'));
      folders.push(folder);
      return `sqlite:${join(folder, 'common-id.db')}`;
    },
    async dispose() {
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    },
  };
}

export function onMongo(server: MongoServer): Backend {
  return {
    name: 'MongoDB',
    async makeDatabase() {
      const url = `${server.url}/faults_${crypto.randomUUID().slice(0, 8)}`;
      await createMongoIndexes(url);
      return url;
    },
  };
}
