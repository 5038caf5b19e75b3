// Links between accounts and dealers.
import type { DealerLink } from '../../domain/dealer-link.ts';
import { fromJson, toJson, type Json } from '../../json.ts';
import { AlreadyExists, VersionConflict } from '../storage.ts';
import type { DealerLinkStore } from '../storage.ts';
import type { Database } from './database.ts';
import type { AppendToLedger } from './ledger.ts';
import { isConstraint } from './sqlite-error.ts';
import { nextVersion, requireFirstVersion } from '../version.ts';

type Row = { document: Json<DealerLink> };

/** Creates the store of dealer links. */
export function createDealerLinkStore(database: Database, appendToLedger: AppendToLedger): DealerLinkStore {
  return {
    async find(id) {
      return database.all<Row>('SELECT document FROM dealer_links WHERE id = ?', id).map(read)[0];
    },
    async listByAccount(accountId) {
      return database.all<Row>('SELECT document FROM dealer_links WHERE account_id = ? ORDER BY rowid', accountId).map(read);
    },
    async create(link, event) {
      requireFirstVersion(link);
      const { id, version, account_id, dealer, status, updated_at } = link;
      const document = toJson(link);
      const insert =
        'INSERT INTO dealer_links (id, version, account_id, dealer, status, updated_at, document) VALUES (?, ?, ?, ?, ?, ?, ?)';
      await database.write(() => {
        try {
          database.run(insert, id, version, account_id, dealer, status, updated_at, document);
        } catch (error) {
          throw isConstraint(error) ? new AlreadyExists('dealer_link') : error;
        }
        appendToLedger(event);
      });
    },
    async update(link, event) {
      const next = nextVersion(link);
      const update = 'UPDATE dealer_links SET version = ?, status = ?, updated_at = ?, document = ? WHERE id = ? AND version = ?';
      return database.write(() => {
        const changes = database.run(update, next.version, next.status, next.updated_at, toJson(next), link.id, link.version);
        if (changes === 0) throw new VersionConflict();
        appendToLedger(event);
        return next;
      });
    },
    async erase({ id, version }, event) {
      await database.write(() => {
        const changes = database.run('DELETE FROM dealer_links WHERE id = ? AND version = ?', id, version);
        if (changes === 0) throw new VersionConflict();
        appendToLedger(event);
      });
    },
    async listByStatus(status, updatedBefore, limit) {
      return database
        .all<Row>(
          'SELECT document FROM dealer_links WHERE status = ? AND updated_at < ? ORDER BY updated_at LIMIT ?',
          status,
          updatedBefore,
          limit,
        )
        .map(read);
    },
  };
}

function read(row: Row): DealerLink {
  return fromJson(row.document);
}
