// Migrations of legacy identities. The primary key allows one for each client and legacy id.
import type { Migration } from '../../domain/migration.ts';
import { fromJson, toJson, type Json } from '../../json.ts';
import { VersionConflict } from '../storage.ts';
import type { MigrationStore } from '../storage.ts';
import type { Database } from './database.ts';
import type { AppendToLedger } from './ledger.ts';
import { accountOf } from '../migration-account.ts';
import { nextVersion } from '../version.ts';

type Row = { document: Json<Migration> };

const WRITE_NEW = `
  INSERT INTO migrations (version, account_id, code_challenge, document, client_id, legacy_id) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING`;

const WRITE_NEXT = `
  UPDATE migrations SET version = ?, account_id = ?, code_challenge = ?, document = ?
  WHERE client_id = ? AND legacy_id = ? AND version = ?`;

/** Creates the store of migrations. */
export function createMigrationStore(database: Database, appendToLedger: AppendToLedger): MigrationStore {
  function listByAccountId(accountId: string): Migration[] {
    return database.all<Row>('SELECT document FROM migrations WHERE account_id = ? ORDER BY rowid', accountId).map(read);
  }

  return {
    async find(clientId, legacyId) {
      const find = 'SELECT document FROM migrations WHERE client_id = ? AND legacy_id = ?';
      return database.all<Row>(find, clientId, legacyId).map(read)[0];
    },
    async listByAccount(accountId) {
      return listByAccountId(accountId).filter((migration) => migration.account_id === accountId);
    },
    async listByCandidate(accountId) {
      return listByAccountId(accountId).filter(({ candidate }) => candidate?.account_id === accountId);
    },
    async findByCandidateChallenge(clientId, codeChallenge) {
      const find = 'SELECT document FROM migrations WHERE client_id = ? AND code_challenge = ?';
      return database.all<Row>(find, clientId, codeChallenge).map(read)[0];
    },
    async put(migration, event) {
      const next = nextVersion(migration);
      const values = [
        next.version,
        accountOf(next),
        next.candidate?.code_challenge ?? null,
        toJson(next),
        next.client_id,
        next.legacy_id,
      ];
      return database.write(() => {
        const changes =
          migration.version === 0 ? database.run(WRITE_NEW, ...values) : database.run(WRITE_NEXT, ...values, migration.version);
        if (changes === 0) throw new VersionConflict();
        appendToLedger(event);
        return next;
      });
    },
  };
}

function read(row: Row): Migration {
  return fromJson(row.document);
}
