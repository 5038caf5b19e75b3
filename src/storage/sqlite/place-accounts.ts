// The step to version 4: the address determines an account's rowid, so that a login reads one tree instead of two. Identifiers remain for
// uniqueness, and for accounts whose place was taken.
import type { DatabaseSync } from 'node:sqlite';
import { placeOf } from './account-place.ts';

/** Must run inside the caller's transaction. Takes about 20 seconds for a million accounts. */
export function placeAccounts(connection: DatabaseSync): void {
  // Row by row, because a custom SQL function would keep every address in memory until the statement ends. It reads the identifiers and not
  // the documents, because an unreadable document must not block the upgrade.
  connection.exec('CREATE TABLE addresses (number INTEGER PRIMARY KEY, place INTEGER) STRICT');
  const insert = connection.prepare('INSERT INTO addresses (number, place) VALUES (?, ?)');
  const accounts = connection.prepare(`
    SELECT number, substr(key, length('email:') + 1) AS email
    FROM accounts LEFT JOIN identifiers ON account_number = number AND key GLOB 'email:*' ORDER BY number`);
  for (const { number, email } of accounts.iterate()) {
    insert.run(Number(number), email === null ? null : placeOf(String(email)));
  }
  connection.exec(MOVE);
}

// The places are first computed in a separate table, so that numbers are sorted and not documents. If several addresses give the same
// place, the first account gets it. The others, and accounts without an address, get negative places, which no address gives.
const MOVE = `
  CREATE TABLE places (
    place  INTEGER PRIMARY KEY,
    number INTEGER NOT NULL
  ) STRICT;
  INSERT INTO places
    SELECT
      CASE
        WHEN place IS NOT NULL AND row_number () OVER (PARTITION BY place ORDER BY number) = 1 THEN place
        ELSE -1 - number
      END,
      number
    FROM addresses;
  CREATE INDEX places_by_number ON places (number);
  CREATE TABLE accounts_4 (
    place    INTEGER PRIMARY KEY,
    id       TEXT NOT NULL,
    version  INTEGER NOT NULL,
    document TEXT NOT NULL
  ) STRICT;
  INSERT INTO accounts_4
    SELECT place, id, version, document FROM places CROSS JOIN accounts ON accounts.number = places.number ORDER BY place;
  CREATE TABLE identifiers_4 (
    key           TEXT PRIMARY KEY,
    account_place INTEGER NOT NULL REFERENCES accounts_4 (place) ON UPDATE CASCADE ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  INSERT INTO identifiers_4
    SELECT key, place FROM identifiers CROSS JOIN places ON places.number = account_number ORDER BY key;
  DROP TABLE addresses;
  DROP TABLE places;
  DROP TABLE identifiers;
  DROP TABLE accounts;
  ALTER TABLE accounts_4 RENAME TO accounts;
  ALTER TABLE identifiers_4 RENAME TO identifiers;
  CREATE UNIQUE INDEX accounts_by_id ON accounts (id);
  CREATE INDEX identifiers_by_account ON identifiers (account_place);
`;
