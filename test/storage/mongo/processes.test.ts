// Several real processes on one MongoDB.
import { afterAll, beforeAll, describe, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createMongoIndexes } from '../../../src/storage/mongo/create-mongo-indexes.ts';
import { mongoServerAvailable, startMongoServer } from '../mongo-server.ts';
import type { MongoServer } from '../mongo-server.ts';
import { PATIENT } from '../open-patiently.ts';
import { runProcesses } from '../processes.ts';

jest.setTimeout(180_000);

const available = mongoServerAvailable();
const suite = available === true ? describe : describe.skip;

suite(available === true ? 'on a MongoDB' : `on a MongoDB (skipped: ${available.reason})`, () => {
  let server: MongoServer;
  beforeAll(async () => {
    server = await startMongoServer();
  });
  afterAll(() => server.stop());

  runProcesses('MongoDB', async () => {
    const url = `${server.url}/test_${randomUUID().slice(0, 8)}`;
    await createMongoIndexes(url, PATIENT);
    return { url, dispose: async () => undefined };
  });
});
