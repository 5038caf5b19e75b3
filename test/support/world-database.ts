// Which database the common ID of a test world uses: `DATABASE_URL=mongodb://… npm test -- test/journeys` walks the journeys on MongoDB,
// each world in a database of its own. SQLite otherwise.
import { randomUUID } from 'node:crypto';
import { createMongoIndexes } from '../../src/storage/mongo/create-mongo-indexes.ts';

/** The setting, where it is another one than the default. */
export async function worldDatabase(): Promise<{ DATABASE_URL?: string }> {
  const { DATABASE_URL: given = '' } = process.env;
  const [, server = '', options = ''] = /^(mongodb(?:\+srv)?:\/\/[^/?]+)[^?]*(\?.*)?$/.exec(given) ?? [];
  if (server === '') return {};
  const url = `${server}/world_${randomUUID().slice(0, 8)}${options}`;
  await createMongoIndexes(url);
  return { DATABASE_URL: url };
}
