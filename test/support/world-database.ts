// Which database the common ID of a test world uses: SQLite in the world's data directory, or, with
// `DATABASE_URL=mongodb://… npm test -- test/journeys`, a new one on that MongoDB. `DATABASE_URL=mongodb:` names no server; it stands for
// the MongoDB of the tests.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { startMongoServer } from '../storage/mongo-server.ts';
import { withMongo } from './with-mongo.ts';

export type WorldDatabase = {
  /** As in DATABASE_URL. */
  url: string;
  /** Removes the database; called when no process uses it any more. */
  remove(): Promise<void>;
};

/**
 * @param dataDirectory of the world, which removes it with its content
 * @param given the database: nothing for SQLite, else as above
 * @throws if a MongoDB is asked for and cannot be started: the tests must not run on SQLite unnoticed
 */
export async function makeWorldDatabase(dataDirectory: string, given = process.env.DATABASE_URL ?? ''): Promise<WorldDatabase> {
  if (!given.startsWith('mongodb')) {
    return { url: `sqlite:${join(dataDirectory, 'common-id.sqlite')}`, remove: async () => undefined };
  }
  const named = given === 'mongodb:' ? (await startMongoServer()).url : given;
  const [, server, options = ''] = /^(mongodb(?:\+srv)?:\/\/[^/?]+)[^?]*(\?.*)?$/.exec(named) ?? [];
  if (server === undefined) throw new Error('DATABASE_URL: expected mongodb://<server>, or mongodb: for the server of the tests');
  const url = `${server}/world_${randomUUID().slice(0, 8)}${options}`;
  const { createMongoIndexes } = await import('../../src/storage/mongo/create-mongo-indexes.ts');
  await createMongoIndexes(url);
  return { url, remove: async () => withMongo(url, async (connection) => connection.dropDatabase()) };
}
