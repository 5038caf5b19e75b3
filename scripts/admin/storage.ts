// npm run admin -- storage …: moving, backing up and preparing the database.
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../../src/config/load.ts';
import { backupSqliteDatabase } from '../../src/storage/sqlite/backup-sqlite-database.ts';
import type { AdminCommand } from '../admin.ts';
import { copyStorage } from './storage-copy/copy-storage.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const ACTIONS: Record<string, (args: string[]) => Promise<void>> = { copy, backup, indexes };

export const command: AdminCommand = {
  usage: [
    [
      'storage copy --from <url> --to <url>',
      'copies everything into an empty database; stop the service first; goes on where it was cut off',
    ],
    ['storage backup --to <file>', 'copies the SQLite database of DATABASE_URL while it is in use'],
    ['storage indexes', 'makes the indexes that the MongoDB of DATABASE_URL lacks'],
  ],
  async run([name = '', ...args]) {
    const action = ACTIONS[name];
    if (!action) throw new Error(`storage: expected ${Object.keys(ACTIONS).join(', ')}; found ${name || 'nothing'}`);
    await action(args);
  },
};

async function copy(args: string[]): Promise<void> {
  const { from, to, state } = options(args, ['from', 'to'], ['state']);
  const result = await copyStorage({ from, to, ...(state && { stateFile: state }), out: process.stderr });
  for (const { name, count, checksum } of result)
    process.stdout.write(`${name.padEnd(20)}${String(count).padStart(10)}  ${checksum}\n`);
  process.stdout.write('Everything was copied, and read again on both sides: counts and checksums are the same.\n');
}

async function backup(args: string[]): Promise<void> {
  const { to } = options(args, ['to']);
  const url = databaseUrl();
  if (!url.startsWith('sqlite:'))
    throw new Error('storage backup is for SQLite; for MongoDB use mongodump, or snapshots of its disks');
  backupSqliteDatabase({ from: url.slice('sqlite:'.length), to });
  process.stdout.write(`${to} holds everything that was acknowledged before this command. Keep it as safe as the database.\n`);
}

async function indexes(args: string[]): Promise<void> {
  options(args, []);
  const url = databaseUrl();
  if (!url.startsWith('mongodb')) throw new Error('storage indexes is for MongoDB; SQLite has its indexes from its migrations');
  const { createMongoIndexes } = await import('../../src/storage/mongo/create-mongo-indexes.ts');
  const made = await createMongoIndexes(url);
  process.stdout.write(made.length === 0 ? 'All indexes stand.\n' : `Made ${made.join(', ')}.\n`);
}

function databaseUrl(): string {
  return loadConfig({ env: process.env, directory: ROOT, apps: ['id'] }).databaseUrl;
}

/** Options with a value, of which the first kind must be given. */
function options<Required extends string, Optional extends string = never>(
  args: string[],
  required: readonly Required[],
  optional: readonly Optional[] = [],
): Record<Required, string> & Partial<Record<Optional, string>> {
  const known = Object.fromEntries([...required, ...optional].map((name) => [name, { type: 'string' as const }]));
  const { values } = parseArgs({ args, options: known, strict: true });
  const missing = required.filter((name) => typeof values[name] !== 'string');
  if (missing.length > 0) throw new Error(`give ${missing.map((name) => `--${name}`).join(' and ')}`);
  return values as Record<Required, string> & Partial<Record<Optional, string>>;
}
