// SQLite as the source or the target of a copy.
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { Account } from '../../../src/domain/account.ts';
import type { DealerLink } from '../../../src/domain/dealer-link.ts';
import type { Migration } from '../../../src/domain/migration.ts';
import { waitingSince, type LegacyUser } from '../../../src/domain/population.ts';
import { referencesOf } from '../../../src/storage/artifact-references.ts';
import { accountOf } from '../../../src/storage/migration-account.ts';
import { identifiersOf } from '../../../src/storage/identifiers.ts';
import { INSERT_ACCOUNT, placeOf } from '../../../src/storage/sqlite/account-place.ts';
import { entryPlace, PARTITION, SEQUENCE } from '../../../src/storage/sqlite/ledger.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/open-sqlite-storage.ts';
import type { CollectionName, CopySide, Cursor, Rows } from './rows.ts';

const BATCH = 1_000;

/**
 * Earlier versions kept replay marks of JWTs until the JWT's own `exp`, which might be in microseconds: too large for this program
 * and for MongoDB's dates. They are copied with an end that both support.
 */
const CAPPED_END = 'min(expires_at, 4320000000000000) AS expires_at';

/** The columns that order the rows, the same as on the other side, and the columns that are read. */
const SOURCES: Record<CollectionName, { order: string[]; columns: string }> = {
  artifacts: { order: ['sequence'], columns: `model, id, payload, consumed_at, ${CAPPED_END}` },
  accounts: { order: ['id'], columns: 'id, document' },
  expiring_documents: { order: ['kind', 'id'], columns: 'kind, id, version, expires_at, document' },
  email_codes: { order: ['id'], columns: 'id, code_hmac, attempts, expires_at, document' },
  dealer_links: { order: ['rowid'], columns: 'document' },
  migrations: { order: ['rowid'], columns: 'document' },
  population: { order: ['id'], columns: 'document' },
  jobs: { order: ['sequence'], columns: 'key, kind, payload, state, attempts, run_at, created_at, last_error, lease' },
  counters: { order: ['key'], columns: 'key, points, expires_at' },
  ledger_origin: { order: ['id'], columns: 'sequence, hash, finding' },
  ledger: { order: ['sequence'], columns: 'sequence, type, subject, data, at, previous_hash, hash' },
  ledger_entries: {
    order: ['place'],
    columns: `${PARTITION} AS partition, ${SEQUENCE} AS sequence, event_id, type, subject, data, at, key_id, previous_hash, hash`,
  },
  ledger_anchors: { order: ['sequence'], columns: 'sequence, document' },
};

/**
 * Opens the SQLite file, or creates it.
 * @throws {Error} if the file is damaged or of a newer version
 */
export async function openSqliteSide(path: string): Promise<CopySide> {
  // Creates the file and its tables, and refuses a damaged file.
  await (await openSqliteStorage({ path, clock: Date.now })).close();
  const connection = new DatabaseSync(path, { timeout: 5_000 });
  connection.exec('PRAGMA synchronous = FULL');

  function insert(table: string, row: Record<string, SQLInputValue>): void {
    const names = Object.keys(row);
    const marks = names.map(() => '?').join(', ');
    connection.prepare(`INSERT OR IGNORE INTO ${table} (${names.join(', ')}) VALUES (${marks})`).run(...Object.values(row));
  }

  function insertUnlessThere(table: string, key: string, row: Record<string, SQLInputValue>): void {
    const there = connection.prepare(`SELECT 1 FROM ${table} WHERE ${key} = ?`).get(row[key] ?? null);
    if (!there) insert(table, row);
  }

  const writers: { [Name in CollectionName]: (row: Rows[Name]) => void } = {
    artifacts: (row) =>
      insert('artifacts', { ...row, ...referencesOf(row.model, JSON.parse(row.payload) as Record<string, unknown>) }),
    accounts({ id, document }) {
      const account = JSON.parse(document) as Account;
      // An existing account was written with its identifiers in one transaction.
      if (connection.prepare('SELECT 1 FROM accounts WHERE id = ?').get(id)) return;
      const row = [placeOf(account.email_canonical), id, account.version, document];
      const { lastInsertRowid: place } = connection.prepare(INSERT_ACCOUNT).run(...row);
      for (const { key } of identifiersOf(account)) insert('identifiers', { key, account_place: place });
    },
    expiring_documents: (row) => insert('expiring_documents', row),
    email_codes: (row) => insert('email_codes', row),
    dealer_links({ document }) {
      const { id, version, account_id, dealer, status, updated_at } = JSON.parse(document) as DealerLink;
      insert('dealer_links', { id, version, account_id, dealer, status, updated_at, document });
    },
    migrations({ document }) {
      const migration = JSON.parse(document) as Migration;
      const { client_id, legacy_id, version, candidate } = migration;
      const code_challenge = candidate?.code_challenge ?? null;
      insert('migrations', { client_id, legacy_id, version, account_id: accountOf(migration), code_challenge, document });
    },
    population({ document }) {
      const user = JSON.parse(document) as LegacyUser;
      const { id, version } = user;
      insert('population', { id, version, waiting_since: waitingSince(user) ?? null, document });
    },
    jobs: (row) => insert('jobs', row),
    counters: (row) => insert('counters', row),
    // Triggers refuse existing rows here; the other tables ignore them.
    ledger_origin: (row) => insertUnlessThere('ledger_origin', 'id', { id: 1, ...row }),
    ledger: (row) => insertUnlessThere('ledger', 'sequence', row),
    ledger_entries: ({ partition, sequence, ...row }) =>
      insertUnlessThere('ledger_entries', 'place', { place: entryPlace(partition, sequence), ...row }),
    ledger_anchors: (row) => insertUnlessThere('ledger_anchors', 'sequence', row),
  };

  return {
    async count(name) {
      return Number(connection.prepare(`SELECT count(*) AS count FROM ${name}`).get()?.['count']);
    },
    async *read<Name extends CollectionName>(name: Name, after: Cursor | undefined) {
      const { order, columns } = SOURCES[name];
      const by = order.join(', ');
      const marks = order.map(() => '?').join(', ');
      let last = after;
      for (;;) {
        const behind = last === undefined ? [] : valuesOf(last, order);
        const condition = last === undefined ? '' : `WHERE (${by}) > (${marks})`;
        const cursor = order.join(` || '${SEPARATOR}' || `);
        const select = `SELECT ${cursor} AS copy_cursor, ${columns} FROM ${name} ${condition} ORDER BY ${by} LIMIT ${BATCH}`;
        const rows = connection.prepare(select).all(...behind);
        for (const { copy_cursor, ...row } of rows) {
          last = copy_cursor as Cursor;
          yield { cursor: last, row: row as Rows[Name] };
        }
        if (rows.length < BATCH) return;
      }
    },
    async write(name, rows) {
      connection.exec('BEGIN IMMEDIATE');
      try {
        for (const row of rows) writers[name](row);
        connection.exec('COMMIT');
      } catch (error) {
        connection.exec('ROLLBACK');
        throw error;
      }
    },
    async close() {
      connection.close();
    },
  };
}

/** Kinds contain no colon; ids may. */
const SEPARATOR = ':';

/** Returns the column values of a cursor. */
function valuesOf(cursor: Cursor, order: readonly string[]): Cursor[] {
  if (order.length === 1) return [cursor];
  const [first, ...rest] = String(cursor).split(SEPARATOR);
  return [first ?? '', rest.join(SEPARATOR)];
}
