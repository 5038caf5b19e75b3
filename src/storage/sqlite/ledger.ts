// The ledger: events in one unbroken chain. The table's triggers refuse to change or remove an entry.
import { FIRST_PREVIOUS_HASH, ledgerHash } from '../ledger-hash.ts';
import type { Ledger, LedgerEntry, LedgerEvent } from '../storage.ts';
import type { Database } from './database.ts';

type Row = Omit<LedgerEntry, 'data'> & { data: string };

/** Appends an event; only inside `database.write`, together with the change that it tells of. */
export type AppendToLedger = (event: LedgerEvent) => void;

export function createLedger(database: Database): { ledger: Ledger; append: AppendToLedger } {
  return {
    ledger: {
      async read(afterSequence, limit) {
        const rows = database.all<Row>('SELECT * FROM ledger WHERE sequence > ? ORDER BY sequence LIMIT ?', afterSequence, limit);
        return rows.map((row) => ({ ...row, data: JSON.parse(row.data) as LedgerEvent['data'] }));
      },
    },
    append(event) {
      const last = database.get<{ sequence: number; hash: string }>(
        'SELECT sequence, hash FROM ledger ORDER BY sequence DESC LIMIT 1',
      );
      const previousHash = last?.hash ?? FIRST_PREVIOUS_HASH;
      database.run(
        'INSERT INTO ledger (sequence, type, subject, data, at, previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?)',
        (last?.sequence ?? 0) + 1,
        event.type,
        event.subject,
        JSON.stringify(event.data),
        event.at,
        previousHash,
        ledgerHash(previousHash, event),
      );
    },
  };
}
