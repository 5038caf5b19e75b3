// The step to version 5: checks and closes the chain of earlier versions. The partitions start with its last hash.
import type { DatabaseSync } from 'node:sqlite';
import { readLedgerData, walkClosedLedger } from '../closed-ledger.ts';

/** Must run inside the caller's transaction. A broken chain is closed as well, and the finding is stored in the file. */
export function closeLedger(connection: DatabaseSync): void {
  connection.exec(TABLES);
  const walk = walkClosedLedger();
  for (const row of connection.prepare('SELECT * FROM ledger ORDER BY sequence').iterate()) {
    walk.add({
      sequence: Number(row.sequence),
      type: String(row.type),
      subject: String(row.subject),
      data: readLedgerData(String(row.data)),
      at: Number(row.at),
      previous_hash: String(row.previous_hash),
      hash: String(row.hash),
    });
  }
  const { sequence, hash, finding } = walk.end();
  if (sequence === 0) return;
  connection.prepare('INSERT INTO ledger_origin (id, sequence, hash, finding) VALUES (1, ?, ?, ?)').run(sequence, hash, finding);
}

const APPEND_ONLY = "BEGIN SELECT RAISE (ABORT, 'the ledger is append-only'); END";

const TABLES = `
  CREATE TABLE ledger_origin (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    sequence INTEGER NOT NULL,
    hash     TEXT NOT NULL,
    finding  TEXT
  ) STRICT;

  CREATE TABLE ledger_entries (
    place         INTEGER PRIMARY KEY, -- partition * 2^40 + sequence
    event_id      TEXT NOT NULL,
    type          TEXT NOT NULL,
    subject       TEXT NOT NULL,
    data          TEXT NOT NULL,
    at            INTEGER NOT NULL,
    key_id        TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash          TEXT NOT NULL
  ) STRICT;
  -- Of events that are no changes of documents. A change writes its event in its own transaction, once, under a random id.
  CREATE UNIQUE INDEX ledger_entries_by_occurrence ON ledger_entries (event_id) WHERE event_id GLOB '*:*';

  CREATE TABLE ledger_anchors (
    sequence INTEGER PRIMARY KEY,
    document TEXT NOT NULL
  ) STRICT;

  CREATE TRIGGER ledger_entries_are_never_changed BEFORE UPDATE ON ledger_entries ${APPEND_ONLY};
  CREATE TRIGGER ledger_entries_are_never_removed BEFORE DELETE ON ledger_entries ${APPEND_ONLY};
  -- INSERT OR REPLACE deletes without the trigger above.
  CREATE TRIGGER ledger_partitions_grow_at_their_end BEFORE INSERT ON ledger_entries
    WHEN NEW.place - 1 IS NOT coalesce (
      (
        SELECT place FROM ledger_entries
        WHERE place > (NEW.place >> 40) << 40 AND place < ((NEW.place >> 40) + 1) << 40 ORDER BY place DESC LIMIT 1
      ),
      (NEW.place >> 40) << 40
    ) ${APPEND_ONLY};
  CREATE TRIGGER ledger_anchors_are_never_changed BEFORE UPDATE ON ledger_anchors ${APPEND_ONLY};
  CREATE TRIGGER ledger_anchors_are_never_removed BEFORE DELETE ON ledger_anchors ${APPEND_ONLY};
  CREATE TRIGGER ledger_anchors_grow_at_their_end BEFORE INSERT ON ledger_anchors
    WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM ledger_anchors) ${APPEND_ONLY};
  CREATE TRIGGER ledger_origin_is_never_changed BEFORE UPDATE ON ledger_origin ${APPEND_ONLY};
  CREATE TRIGGER ledger_origin_is_never_removed BEFORE DELETE ON ledger_origin ${APPEND_ONLY};
  CREATE TRIGGER ledger_origin_is_written_first BEFORE INSERT ON ledger_origin
    WHEN EXISTS (SELECT 1 FROM ledger_entries) OR EXISTS (SELECT 1 FROM ledger_origin) ${APPEND_ONLY};
  -- A copy writes the closed entries behind the origin that it has written.
  CREATE TRIGGER ledger_is_closed BEFORE INSERT ON ledger
    WHEN NEW.sequence > coalesce((SELECT sequence FROM ledger_origin), 0)
    BEGIN SELECT RAISE (ABORT, 'this part of the ledger is closed'); END;
`;
