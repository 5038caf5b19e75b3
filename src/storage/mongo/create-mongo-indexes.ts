// Makes the indexes of a database, for the command that does so.
import { defineCollections } from './collections.ts';
import { connect } from './connect.ts';
import { createIndexes } from './indexes.ts';
import { TIMEOUTS } from './timeouts.ts';

/**
 * Makes what is missing, and answers the names of what it made, as `collection.index`. Others may use the database meanwhile.
 * @throws {IndexesUnfit} an index stands that is not the one of that name
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
