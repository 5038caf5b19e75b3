// The ledger: chained entries, written in the transaction of the change. Triggers on the table prevent changing or removing an entry.
import { randomUUID } from 'node:crypto';
import { NO_CLOSED_LEDGER, readLedgerData } from '../closed-ledger.ts';
import { LEDGER_PARTITIONS, occurrenceId, partitionOf, type LedgerChain } from '../ledger-chain.ts';
import type { ClosedLedgerEntry, Ledger, LedgerAnchor, LedgerEntry, LedgerEvent, LedgerHead, LedgerOrigin } from '../storage.ts';
import type { Database } from './database.ts';
import type { FollowStep } from './population-store.ts';

type Row = Omit<LedgerEntry, 'data'> & { data: string };
type ClosedRow = Omit<ClosedLedgerEntry, 'data'> & { data: string };

/** Appends an event. Call it inside `database.write`, together with the change. */
export type AppendToLedger = (event: LedgerEvent) => void;

const PLACES = 2 ** 40;

/** Returns the rowid of an entry. A chain is one range of the table's tree. */
export const entryPlace = (partition: number, sequence: number): number => partition * PLACES + sequence;
/** The partition and sequence number of a rowid, in SQL. */
export const PARTITION = `place / ${PLACES}`;
export const SEQUENCE = `place % ${PLACES}`;

const LAST = `
  SELECT ${SEQUENCE} AS sequence, hash FROM ledger_entries WHERE place > ? AND place < ? ORDER BY place DESC LIMIT 1`;
const READ = `
  SELECT ${PARTITION} AS partition, ${SEQUENCE} AS sequence, event_id, type, subject, data, at, key_id, previous_hash, hash
  FROM ledger_entries WHERE place > ? AND place < ? ORDER BY place LIMIT ?`;
const INSERT = `
  INSERT INTO ledger_entries (place, event_id, type, subject, data, at, key_id, previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/**
 * Creates the ledger, and the function that appends an event inside a transaction.
 * @param follow takes the step of a legacy user that an event means, in the same transaction
 */
export function createLedger(
  database: Database,
  chain: LedgerChain,
  follow: FollowStep,
): { ledger: Ledger; append: AppendToLedger } {
  function origin(): LedgerOrigin {
    return database.get<LedgerOrigin>('SELECT sequence, hash, finding FROM ledger_origin') ?? NO_CLOSED_LEDGER;
  }

  function headOf(partition: number): LedgerHead {
    const last = database.get<{ sequence: number; hash: string }>(LAST, entryPlace(partition, 0), entryPlace(partition + 1, 0));
    return { partition, ...(last ?? { sequence: 0, hash: origin().hash }) };
  }

  function append({ step, ...event }: LedgerEvent, event_id: string = randomUUID()): void {
    if (step) follow(step);
    const { partition, sequence, ...entry } = chain.next(headOf(partitionOf(event.subject)), { ...event, event_id });
    const { type, subject, data, at, key_id, previous_hash, hash } = entry;
    const place = entryPlace(partition, sequence);
    database.run(INSERT, place, event_id, type, subject, JSON.stringify(data), at, key_id, previous_hash, hash);
  }

  return {
    append,
    ledger: {
      async append(event, occurrence) {
        const id = occurrenceId(event.type, occurrence);
        const stands = "SELECT 1 FROM ledger_entries WHERE event_id = ? AND event_id GLOB '*:*'";
        await database.write(() => {
          if (!database.get(stands, id)) append(event, id);
        }, 'recreatable');
      },
      settle: async () => undefined,
      async read(partition, afterSequence, limit) {
        const rows = database.all<Row>(READ, entryPlace(partition, afterSequence), entryPlace(partition + 1, 0), limit);
        return rows.map((row) => ({ ...row, data: readLedgerData(row.data) }));
      },
      heads: async () => Array.from({ length: LEDGER_PARTITIONS }, (_, partition) => headOf(partition)),
      origin: async () => origin(),
      async readClosed(afterSequence, limit) {
        const read = 'SELECT * FROM ledger WHERE sequence > ? ORDER BY sequence LIMIT ?';
        const rows = database.all<ClosedRow>(read, afterSequence, limit);
        return rows.map((row) => ({ ...row, data: readLedgerData(row.data) }));
      },
      async addAnchor({ sequence, document }) {
        const insert = 'INSERT INTO ledger_anchors (sequence, document) VALUES (?, ?)';
        return database.write(() => {
          if (database.get('SELECT 1 FROM ledger_anchors WHERE sequence = ?', sequence)) return false;
          database.run(insert, sequence, document);
          return true;
        });
      },
      async anchors(afterSequence, limit) {
        const read = 'SELECT sequence, document FROM ledger_anchors WHERE sequence > ? ORDER BY sequence LIMIT ?';
        return database.all<LedgerAnchor>(read, afterSequence, limit);
      },
      async lastAnchor() {
        return database.get<LedgerAnchor>('SELECT sequence, document FROM ledger_anchors ORDER BY sequence DESC LIMIT 1');
      },
    },
  };
}
