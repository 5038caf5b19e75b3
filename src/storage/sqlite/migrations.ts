// The tables, as numbered steps: step n upgrades a file from version n-1 to version n. Released steps are never changed; changes are
// new steps at the end.
//
// Documents are JSON in one column. There are other columns only if a query or a promise needs them.
import type { DatabaseSync } from 'node:sqlite';
import { closeLedger } from './close-ledger.ts';
import { placeAccounts } from './place-accounts.ts';

/** SQL, or a function for steps that SQL cannot express. */
export type Step = string | ((connection: DatabaseSync) => void);

/** Marks a file as ours (`PRAGMA application_id`): "tcid" in ASCII. */
export const APPLICATION_ID = 0x74636964;

export const MIGRATIONS: readonly Step[] = [
  `
  CREATE TABLE artifacts (
    -- Explicit, because a backup may number implicit rowids anew; its order is the order of creation.
    sequence    INTEGER PRIMARY KEY,
    model       TEXT NOT NULL,
    id          TEXT NOT NULL,
    payload     TEXT NOT NULL,
    uid         TEXT,
    grant_id    TEXT,
    account_id  TEXT,
    consumed_at INTEGER, -- seconds, as oidc-provider counts them
    expires_at  INTEGER, -- milliseconds, like every other time here
    UNIQUE (model, id)
  ) STRICT;
  CREATE INDEX artifacts_by_uid     ON artifacts (uid, model)                  WHERE uid IS NOT NULL;
  CREATE INDEX artifacts_by_grant   ON artifacts (grant_id, model)             WHERE grant_id IS NOT NULL;
  CREATE INDEX artifacts_by_account ON artifacts (account_id, model, sequence) WHERE account_id IS NOT NULL;
  CREATE INDEX artifacts_by_expiry  ON artifacts (expires_at)                  WHERE expires_at IS NOT NULL;

  CREATE TABLE accounts (
    id       TEXT PRIMARY KEY,
    version  INTEGER NOT NULL,
    document TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- What may have one owner only: 'email:<canonical address>', 'phone:<E.164>'.
  CREATE TABLE identifiers (
    key        TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX identifiers_by_account ON identifiers (account_id);

  -- Registration drafts, interaction facts, legacy profiles.
  CREATE TABLE expiring_documents (
    kind       TEXT NOT NULL,
    id         TEXT NOT NULL,
    version    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    document   TEXT NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT;
  CREATE INDEX expiring_documents_by_expiry ON expiring_documents (expires_at);

  CREATE TABLE email_codes (
    id         TEXT PRIMARY KEY,
    code_hmac  TEXT NOT NULL,
    attempts   INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    document   TEXT NOT NULL
  ) STRICT;
  CREATE INDEX email_codes_by_expiry ON email_codes (expires_at);

  CREATE TABLE dealer_links (
    id         TEXT PRIMARY KEY,
    version    INTEGER NOT NULL,
    account_id TEXT NOT NULL,
    dealer     TEXT NOT NULL,
    status     TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    document   TEXT NOT NULL,
    UNIQUE (account_id, dealer)
  ) STRICT;
  CREATE INDEX dealer_links_by_status ON dealer_links (status, updated_at);

  CREATE TABLE migrations (
    client_id      TEXT NOT NULL,
    legacy_id      TEXT NOT NULL,
    version        INTEGER NOT NULL,
    account_id     TEXT,
    code_challenge TEXT,
    document       TEXT NOT NULL,
    PRIMARY KEY (client_id, legacy_id)
  ) STRICT;
  CREATE INDEX migrations_by_account   ON migrations (account_id)                WHERE account_id IS NOT NULL;
  CREATE INDEX migrations_by_challenge ON migrations (client_id, code_challenge) WHERE code_challenge IS NOT NULL;

  CREATE TABLE jobs (
    sequence   INTEGER PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL,
    payload    TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'dead')),
    attempts   INTEGER NOT NULL,
    run_at     INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_error TEXT,
    lease      TEXT
  ) STRICT;
  CREATE INDEX jobs_by_time  ON jobs (run_at, sequence) WHERE state = 'waiting';
  CREATE INDEX jobs_by_state ON jobs (state, run_at);

  CREATE TABLE counters (
    key        TEXT PRIMARY KEY,
    points     INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX counters_by_expiry ON counters (expires_at);

  CREATE TABLE ledger (
    sequence      INTEGER PRIMARY KEY,
    type          TEXT NOT NULL,
    subject       TEXT NOT NULL,
    data          TEXT NOT NULL,
    at            INTEGER NOT NULL,
    previous_hash TEXT NOT NULL,
    hash          TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER ledger_is_never_changed BEFORE UPDATE ON ledger
    BEGIN SELECT RAISE (ABORT, 'the ledger is append-only'); END;
  CREATE TRIGGER ledger_is_never_shortened BEFORE DELETE ON ledger
    BEGIN SELECT RAISE (ABORT, 'the ledger is append-only'); END;
  -- INSERT OR REPLACE deletes without the trigger above.
  CREATE TRIGGER ledger_grows_at_its_end BEFORE INSERT ON ledger
    WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM ledger)
    BEGIN SELECT RAISE (ABORT, 'the ledger is append-only'); END;

  -- One row that a health check writes, to know that writing works.
  CREATE TABLE heartbeat (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
  ) STRICT;
  `,

  // Accounts become a rowid table. WITHOUT ROWID, the inner nodes of the tree held whole documents, three a page, so that finding one of
  // a million accounts read ten pages. The identifiers are copied too, because they refer to the table by name and are deleted with its rows.
  `
  CREATE TABLE accounts_2 (
    id       TEXT PRIMARY KEY,
    version  INTEGER NOT NULL,
    document TEXT NOT NULL
  ) STRICT;
  INSERT INTO accounts_2 SELECT id, version, document FROM accounts;
  CREATE TABLE identifiers_2 (
    key        TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts_2 (id) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  INSERT INTO identifiers_2 SELECT key, account_id FROM identifiers;
  DROP TABLE identifiers;
  DROP TABLE accounts;
  ALTER TABLE accounts_2 RENAME TO accounts;
  ALTER TABLE identifiers_2 RENAME TO identifiers;
  CREATE INDEX identifiers_by_account ON identifiers (account_id);
  `,

  // Identifiers refer to the account's row instead of its id, so that a login reads two trees instead of three. The row number is an explicit
  // column, because a backup may renumber implicit rowids. The index is created after the rows, so that it is sorted once; inserting a
  // million random ids one by one would take minutes.
  `
  CREATE TABLE accounts_3 (
    number   INTEGER PRIMARY KEY,
    id       TEXT NOT NULL,
    version  INTEGER NOT NULL,
    document TEXT NOT NULL
  ) STRICT;
  INSERT INTO accounts_3 SELECT rowid, id, version, document FROM accounts;
  CREATE UNIQUE INDEX accounts_by_id ON accounts_3 (id);
  CREATE TABLE identifiers_3 (
    key            TEXT PRIMARY KEY,
    account_number INTEGER NOT NULL REFERENCES accounts_3 (number) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  INSERT INTO identifiers_3 SELECT key, number FROM identifiers JOIN accounts_3 ON accounts_3.id = account_id ORDER BY key;
  DROP TABLE identifiers;
  DROP TABLE accounts;
  ALTER TABLE accounts_3 RENAME TO accounts;
  ALTER TABLE identifiers_3 RENAME TO identifiers;
  CREATE INDEX identifiers_by_account ON identifiers (account_number);
  `,

  placeAccounts,
  closeLedger,

  // Earlier versions did not store by which account a candidate is found.
  `
  UPDATE migrations SET account_id = document ->> '$.candidate.account_id'
  WHERE account_id IS NULL AND document ->> '$.candidate.account_id' IS NOT NULL;
  `,

  // The rows are in the order of the import, and only the index is in the order of the ids, which are random: five million rows of documents
  // in that order would be written page by page.
  `
  CREATE TABLE population (
    sequence      INTEGER PRIMARY KEY,
    id            TEXT NOT NULL,
    version       INTEGER NOT NULL,
    waiting_since INTEGER,
    document      TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX population_by_id    ON population (id);
  CREATE INDEX population_by_waiting      ON population (waiting_since, id) WHERE waiting_since IS NOT NULL;

  -- Generation 0 is in force. A recount fills another one.
  CREATE TABLE funnel_counts (
    generation INTEGER NOT NULL,
    key        TEXT NOT NULL,
    count      INTEGER NOT NULL,
    PRIMARY KEY (generation, key)
  ) STRICT, WITHOUT ROWID;
  -- The recount that is under way, and the id up to which it has counted.
  CREATE TABLE funnel_recount (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    generation INTEGER NOT NULL,
    counted_to TEXT NOT NULL
  ) STRICT;
  `,

  // Each kind of jobs is leased by itself. Without this index, each lease reads the due jobs of all other kinds. Queries by time alone use
  // jobs_by_state, so jobs_by_time was only written.
  `
  DROP INDEX jobs_by_time;
  CREATE INDEX jobs_by_kind ON jobs (kind, run_at, sequence) WHERE state = 'waiting';
  `,
];

/** Runs a step. Must be called inside a transaction. */
export function takeStep(connection: DatabaseSync, step: Step): void {
  if (typeof step === 'string') connection.exec(step);
  else step(connection);
}
