// An SQLite file as an earlier version of the program left it.
import { DatabaseSync } from 'node:sqlite';
import type { Account } from '../../../src/domain/account.ts';
import { identifiersOf } from '../../../src/storage/identifiers.ts';
import { APPLICATION_ID, MIGRATIONS, takeStep } from '../../../src/storage/sqlite/migrations.ts';

/** @param version 1 to 3; later ones keep accounts otherwise */
export function writeFileOfVersion(path: string, version: number, accounts: readonly Account[]): void {
  const connection = new DatabaseSync(path);
  try {
    connection.exec('PRAGMA synchronous = OFF; BEGIN');
    for (const step of MIGRATIONS.slice(0, version)) takeStep(connection, step);
    const account = connection.prepare('INSERT INTO accounts (id, version, document) VALUES (?, ?, ?)');
    const identifier = connection.prepare(
      version < 3
        ? 'INSERT INTO identifiers (key, account_id) VALUES (?, ?)'
        : 'INSERT INTO identifiers (key, account_number) SELECT ?, number FROM accounts WHERE id = ?',
    );
    for (const one of accounts) {
      account.run(one.id, one.version, JSON.stringify(one));
      for (const { key } of identifiersOf(one)) identifier.run(key, one.id);
    }
    connection.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version}; COMMIT`);
  } finally {
    connection.close();
  }
}
