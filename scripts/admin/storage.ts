// npm run admin -- storage …: copies, backs up, checks and prepares the database.
import { existsSync } from 'node:fs';
import { ConfigError } from '../../src/config/problems/config-error.ts';
import { inspectConfig } from '../../src/config/load.ts';
import { backupSqliteDatabase } from '../../src/storage/sqlite/backup-sqlite-database.ts';
import { findDamage } from '../../src/storage/sqlite/find-damage.ts';
import { namedAddress } from './command-line-secrets.ts';
import { copyStorage } from './storage-copy/copy-storage.ts';
import { createTopic, type Action, type ActionInput } from './topic.ts';

const copy: Action = {
  does: 'copies everything into an empty database; stop the service first; continues an interrupted copy',
  options: {
    from: 'the database to copy: its URL, as in DATABASE_URL, or the name of the variable that holds it',
    to: 'the empty database, likewise; a URL with a password only by the name of its variable',
    state: 'the file that records the progress; default: one in this directory',
  },
  needs: ['from', 'to'],
  async run({ values: { from = '', to = '', state }, env, directory }) {
    const address = (option: string, value: string): string => namedAddress(option, value, env, directory);
    const sides = { from: address('--from', from), to: address('--to', to) };
    const ledgerKey = () => inspectConfig({ env, directory, apps: ['id'], keys: 'unchecked' }).config?.().keys.ledger;
    const file = state !== undefined && { stateFile: state };
    const copied = await copyStorage({ ...sides, ...file, ledgerKey, out: process.stderr });
    const rows = copied.map(({ name, count, checksum }) => `${name.padEnd(20)}${String(count).padStart(10)}  ${checksum}\n`);
    return {
      json: copied,
      text: `${rows.join('')}Everything was copied and read again on both sides; counts and checksums are the same.\n`,
    };
  },
};

const backup: Action = {
  does: 'copies the SQLite database of DATABASE_URL while it is in use',
  options: { to: 'the file to create' },
  needs: ['to'],
  async run({ values: { to = '' }, ...input }) {
    const from = sqlitePath(input, 'storage backup is for SQLite; for MongoDB use mongodump, or snapshots of its disks');
    backupSqliteDatabase({ from, to });
    const text = `${to} holds everything that was acknowledged before this command. Keep it as safe as the database.\n`;
    return { json: { file: to }, text };
  },
};

const check: Action = {
  does: 'checks the SQLite database of DATABASE_URL completely while it is in use, including each index against its table',
  async run(input) {
    const path = sqlitePath(input, 'storage check is for SQLite; for MongoDB use its validate command');
    if (!existsSync(path)) throw new Error(`${path} does not exist`);
    const damage = findDamage(path);
    if (damage !== undefined) {
      throw new Error(`${path} is damaged (${damage}). Stop the service, keep the file, and put a backup in its place.`);
    }
    const text = `${path} is sound. To see whether its ledger was changed: npm run admin -- ledger verify\n`;
    return { json: { file: path, sound: true }, text };
  },
};

const indexes: Action = {
  does: 'creates the indexes that the MongoDB database of DATABASE_URL lacks',
  async run(input) {
    const url = databaseUrl(input);
    if (!url.startsWith('mongodb')) throw new Error('storage indexes is for MongoDB; SQLite has its indexes from its migrations');
    const { createMongoIndexes } = await import('../../src/storage/mongo/create-mongo-indexes.ts');
    const made = await createMongoIndexes(url);
    return { json: made, text: made.length === 0 ? 'All indexes exist.\n' : `Created ${made.join(', ')}.\n` };
  },
};

export const command = createTopic('storage', { copy, backup, check, indexes });

/** @throws {Error} with the given sentence if the database is not SQLite */
function sqlitePath(input: Pick<ActionInput, 'env' | 'directory'>, otherwise: string): string {
  const url = databaseUrl(input);
  if (!url.startsWith('sqlite:')) throw new Error(otherwise);
  return url.slice('sqlite:'.length);
}

function databaseUrl({ env, directory }: Pick<ActionInput, 'env' | 'directory'>): string {
  const { config, problems } = inspectConfig({ env, directory, apps: ['id'], keys: 'unchecked' });
  if (!config) throw new ConfigError(problems);
  return config().databaseUrl;
}
