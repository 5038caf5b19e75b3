// Removes expired rows in small steps.
import type { EpochMilliseconds } from '../../domain/account.ts';
import type { Database } from './database.ts';

const TABLES = ['artifacts', 'expiring_documents', 'email_codes', 'counters'] as const;

/** The rows in one transaction: few enough not to delay other writes noticeably. */
const BATCH = 200;

const PRIMARY_KEYS: Record<(typeof TABLES)[number], string> = {
  artifacts: 'sequence',
  expiring_documents: 'rowid',
  email_codes: 'rowid',
  counters: 'key',
};

/** Removes up to `limit` expired rows of all tables in short transactions, so that other writes run in between. Returns their number. */
export async function sweep(database: Database, now: EpochMilliseconds, limit: number): Promise<number> {
  let removed = 0;
  for (const table of TABLES) {
    const key = PRIMARY_KEYS[table];
    const remove = `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE expires_at <= ? LIMIT ?)`;
    let batch: number;
    do {
      const size = Math.min(BATCH, limit - removed);
      // Rows that a power cut restores are still expired.
      batch = await database.write(() => database.run(remove, now, size), 'recreatable');
      removed += batch;
    } while (batch === BATCH && removed < limit);
  }
  return removed;
}
