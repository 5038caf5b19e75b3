// Accounts and their unique identifiers.
import type { Account } from '../../domain/account.ts';
import { changedIdentifiers, emailKey, identifiersOf, phoneKey } from '../identifiers.ts';
import { fromJson, toJson, type Json } from '../../json.ts';
import { AlreadyExists, VersionConflict } from '../storage.ts';
import type { AccountStore } from '../storage.ts';
import { INSERT_ACCOUNT, MOVE_ACCOUNT, placeOf } from './account-place.ts';
import type { Database } from './database.ts';
import type { AppendToLedger } from './ledger.ts';
import { nextVersion, requireFirstVersion } from '../version.ts';

type Row = { document: Json<Account> };

const FIND_BY_KEY = `
  SELECT document FROM identifiers JOIN accounts ON accounts.place = identifiers.account_place WHERE key = ?`;

/** Creates the account store. */
export function createAccountStore(database: Database, appendToLedger: AppendToLedger): AccountStore {
  /** Must run inside `write`, whose lock prevents a race between the check and the insert. */
  function claim({ what, key }: { what: string; key: string }, accountId: string): void {
    if (database.get('SELECT 1 FROM identifiers WHERE key = ?', key)) throw new AlreadyExists(what);
    database.run('INSERT INTO identifiers (key, account_place) SELECT ?, place FROM accounts WHERE id = ?', key, accountId);
  }

  function findNow(id: string): Account | undefined {
    return read(database.get<Row>('SELECT document FROM accounts WHERE id = ?', id));
  }

  return {
    async create(account, event) {
      requireFirstVersion(account);
      const document = toJson(account);
      const { id, version } = account;
      const identifiers = identifiersOf(account);
      await database.write(() => {
        if (findNow(id)) throw new AlreadyExists('id');
        database.run(INSERT_ACCOUNT, placeOf(account.email_canonical), id, version, document);
        for (const identifier of identifiers) claim(identifier, id);
        appendToLedger(event);
      });
    },
    async find(id) {
      return findNow(id);
    },
    async findByEmail(canonicalEmail) {
      const there = read(database.get<Row>('SELECT document FROM accounts WHERE place = ?', placeOf(canonicalEmail)));
      if (there?.email_canonical === canonicalEmail) return there;
      // No account, or another account, is at this place: look up the identifier.
      return read(database.get<Row>(FIND_BY_KEY, emailKey(canonicalEmail)));
    },
    async findByPhone(canonicalPhone) {
      return read(database.get<Row>(FIND_BY_KEY, phoneKey(canonicalPhone)));
    },
    async update(account, event) {
      const next = nextVersion(account);
      return database.write(() => {
        const stored = findNow(account.id);
        if (stored?.version !== account.version) throw new VersionConflict();
        const { taken, freed } = changedIdentifiers(stored, next);
        for (const identifier of taken) claim(identifier, next.id);
        for (const { key } of freed) database.run('DELETE FROM identifiers WHERE key = ?', key);
        if (next.email_canonical !== stored.email_canonical) {
          database.run(MOVE_ACCOUNT, placeOf(next.email_canonical), next.id);
        }
        database.run('UPDATE accounts SET version = ?, document = ? WHERE id = ?', next.version, toJson(next), next.id);
        appendToLedger(event);
        return next;
      });
    },
    async erase({ id, version }, event) {
      await database.write(() => {
        // The identifiers are deleted with their row.
        const changes = database.run('DELETE FROM accounts WHERE id = ? AND version = ?', id, version);
        if (changes === 0) throw new VersionConflict();
        appendToLedger(event);
      });
    },
  };
}

function read(row: Row | undefined): Account | undefined {
  return row && fromJson(row.document);
}
