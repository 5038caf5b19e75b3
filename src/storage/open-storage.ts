// Opens the database that DATABASE_URL names.
import type { KeyObject } from 'node:crypto';
import type { EpochMilliseconds } from '../domain/account.ts';
import type { Log } from '../telemetry/log.ts';
import type { Storage } from './storage.ts';

/**
 * Opens the database. Only the module of the named backend is loaded.
 * @param url `sqlite:<path>`, `mongodb://…` or `mongodb+srv://…`
 * @param ledgerKey the key of the ledger; without it, nobody else can verify the entries
 * @throws {Error} the backend's error if the database cannot be used, with a message that says what to do
 */
export async function openStorage(
  url: string,
  clock: () => EpochMilliseconds,
  log?: Log,
  ledgerKey?: KeyObject,
): Promise<Storage> {
  const options = { clock, ...(log && { log }), ...(ledgerKey && { ledgerKey }) };
  if (/^mongodb(\+srv)?:/.test(url)) {
    const { openMongoStorage } = await import('./mongo/open-mongo-storage.ts');
    return openMongoStorage({ url, ...options });
  }
  if (!url.startsWith('sqlite:')) throw new Error('DATABASE_URL: expected sqlite:<path> or a mongodb:// URL');
  const { openSqliteStorage } = await import('./sqlite/open-sqlite-storage.ts');
  return openSqliteStorage({ path: url.slice('sqlite:'.length), ...options });
}
