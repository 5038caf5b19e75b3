// Opens the database that DATABASE_URL names.
import type { EpochMilliseconds } from '../domain/account.ts';
import type { Log } from '../telemetry/log.ts';
import { openSqliteStorage } from './sqlite/open-sqlite-storage.ts';
import type { Storage } from './storage.ts';

/**
 * @param url `sqlite:<path>`
 * @throws what the backend throws where the database cannot be used, with a sentence that says what to do
 */
export async function openStorage(url: string, clock: () => EpochMilliseconds, log: Log): Promise<Storage> {
  if (!url.startsWith('sqlite:')) throw new Error('DATABASE_URL: expected sqlite:<path>');
  return openSqliteStorage({ path: url.slice('sqlite:'.length), clock, log });
}
