// Creates the indexes of a database, for `storage indexes`, and fills in what earlier versions did not store for them.
import { accountOf } from '../migration-account.ts';
import { defineCollections, type Collections } from './collections.ts';
import { connect } from './connect.ts';
import { createIndexes } from './indexes.ts';
import { readMigration } from './migration-store.ts';
import { TIMEOUTS } from './timeouts.ts';

/**
 * Creates the missing indexes, and returns their names as `collection.index`. Others may use the database at the same time.
 * @throws {IndexesUnfit} an existing index has a needed name but another definition
 * @throws {Error} no server answers
 */
export async function createMongoIndexes(url: string, timeouts = TIMEOUTS): Promise<string[]> {
  const connection = await connect(url, { ...timeouts, socket: 0 });
  try {
    const collections = defineCollections(connection);
    const made = await createIndexes(collections);
    await findByCandidate(collections);
    return made;
  } finally {
    await connection.close();
  }
}

/** Stores by which account a candidate is found. Earlier versions did not. A write in between stores it, too. */
async function findByCandidate({ migrations }: Collections): Promise<void> {
  for await (const found of migrations.find({ account_id: null }).lean().cursor()) {
    const account_id = accountOf(readMigration(found));
    if (account_id !== null)
      await migrations.updateOne({ _id: found._id, version: found.version, account_id: null }, { $set: { account_id } });
  }
}
