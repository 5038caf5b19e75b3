// Accounts, and the identifiers that may have one owner only.
import type { Account } from '../../domain/account.ts';
import { AlreadyExists, VersionConflict } from '../storage.ts';
import type { AccountStore } from '../storage.ts';
import type { Database } from './database.ts';
import type { AppendToLedger } from './ledger.ts';
import { nextVersion, requireFirstVersion } from '../version.ts';

type Row = { document: string };

export function createAccountStore(database: Database, appendToLedger: AppendToLedger): AccountStore {
  /** Inside `write`, which holds the lock: nobody takes the address between the question and the answer. */
  function claimEmail(canonicalEmail: string, accountId: string): void {
    const key = `email:${canonicalEmail}`;
    if (database.get('SELECT 1 FROM identifiers WHERE key = ?', key)) throw new AlreadyExists('email');
    database.run('INSERT INTO identifiers (key, account_id) VALUES (?, ?)', key, accountId);
  }

  function findNow(id: string): Account | undefined {
    return read(database.get<Row>('SELECT document FROM accounts WHERE id = ?', id));
  }

  return {
    async create(account, event) {
      requireFirstVersion(account);
      const document = JSON.stringify(account);
      const { id, version, email_canonical } = account;
      await database.write(() => {
        if (findNow(id)) throw new AlreadyExists('id');
        database.run('INSERT INTO accounts (id, version, document) VALUES (?, ?, ?)', id, version, document);
        claimEmail(email_canonical, id);
        appendToLedger(event);
      });
    },
    async find(id) {
      return findNow(id);
    },
    async findByEmail(canonicalEmail) {
      const findByKey = 'SELECT document FROM identifiers JOIN accounts ON accounts.id = identifiers.account_id WHERE key = ?';
      return read(database.get<Row>(findByKey, `email:${canonicalEmail}`));
    },
    async update(account, event) {
      const next = nextVersion(account);
      return database.write(() => {
        const stored = findNow(account.id);
        if (stored?.version !== account.version) throw new VersionConflict();
        if (stored.email_canonical !== next.email_canonical) {
          claimEmail(next.email_canonical, next.id);
          database.run('DELETE FROM identifiers WHERE key = ?', `email:${stored.email_canonical}`);
        }
        database.run('UPDATE accounts SET version = ?, document = ? WHERE id = ?', next.version, JSON.stringify(next), next.id);
        appendToLedger(event);
        return next;
      });
    },
  };
}

function read(row: Row | undefined): Account | undefined {
  return row && (JSON.parse(row.document) as Account);
}
