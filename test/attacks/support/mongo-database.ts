// A new database on the MongoDB server of the tests.
import { afterAll, beforeAll, describe } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createMongoIndexes } from '../../../src/storage/mongo/create-mongo-indexes.ts';
import { mongoServerAvailable, startMongoServer, type MongoServer } from '../../storage/mongo-server.ts';
import { PATIENT } from '../../storage/open-patiently.ts';

export type MongoDatabase = {
  /** Returns the URL of the current database. */
  url(): string;
  /** Switches to another, empty database. */
  renew(): Promise<void>;
};

/** Declares tests with an empty database and its indexes; they are skipped, with the reason, if there is no server. */
export function describeOnMongo(declare: (database: MongoDatabase) => void): void {
  const available = mongoServerAvailable();
  const suite = available === true ? describe : describe.skip;
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
    // After the hooks with which the tests close their things.
    afterAll(async () => server?.stop());
  });
}
