// Creates the indexes of a database, for `storage indexes`.
import { defineCollections } from './collections.ts';
import { connect } from './connect.ts';
import { createIndexes } from './indexes.ts';
import { TIMEOUTS } from './timeouts.ts';

/**
 * Creates the missing indexes, and returns their names as `collection.index`. Others may use the database at the same time.
 * @throws {IndexesUnfit} an existing index has a needed name but another definition
 * @throws {Error} no server answers
 */
export async function createMongoIndexes(url: string, timeouts = TIMEOUTS): Promise<string[]> {
  const connection = await connect(url, { ...timeouts, socket: 0 });
  try {
    return await createIndexes(defineCollections(connection));
  } finally {
    await connection.close();
  }
}
