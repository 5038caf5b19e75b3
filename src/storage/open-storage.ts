// Opens the database that DATABASE_URL names.
import type { KeyObject } from 'node:crypto';
import type { EpochMilliseconds } from '../domain/account.ts';
import type { Log } from '../telemetry/log.ts';
import type { Storage } from './storage.ts';

/**
 * Only the backend that is named is loaded.
 * @param url `sqlite:<path>`, `mongodb://…` or `mongodb+srv://…`
 * @param ledgerKey chains the ledger; where it is left out, nobody else can verify what is written
 * @throws what the backend throws where the database cannot be used, with a sentence that says what to do
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
