// A database of its own on the MongoDB server of the tests.
import { afterAll, beforeAll, describe } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createMongoIndexes } from '../../../src/storage/mongo/create-mongo-indexes.ts';
import { mongoServerAvailable, startMongoServer, type MongoServer } from '../../storage/mongo-server.ts';
import { PATIENT } from '../../storage/open-patiently.ts';

export type MongoDatabase = {
  /** Of the database that is in use now. */
  url(): string;
  /** Takes another, empty database into use. */
  renew(): Promise<void>;
};

/**
 * Declares tests that have an empty database with its indexes; they are skipped, with the reason, where there is no server.
 * @param isRun `false` skips them anyway
 */
export function describeOnMongo(declare: (database: MongoDatabase) => void, isRun = true): void {
  const available = mongoServerAvailable();
  const suite = available === true && isRun ? describe : describe.skip;
  suite(available === true ? 'on MongoDB' : `on MongoDB (skipped: ${available.reason})`, () => {
    let server: MongoServer | undefined;
    let url = '';
    const renew = async (): Promise<void> => {
      url = `${server?.url}/test_${randomUUID().slice(0, 8)}`;
      await createMongoIndexes(url, PATIENT);
    };
    beforeAll(async () => {
      server = await startMongoServer();
      await renew();
    });
    declare({ url: () => url, renew });
    // Comes after what the tests close.
    afterAll(async () => server?.stop());
  });
}
