// MongoDB keeps the port's promises.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createMongoIndexes } from '../../src/storage/mongo/create-mongo-indexes.ts';
import { openMongoStorage } from '../../src/storage/mongo/open-mongo-storage.ts';
import { runConformance } from './conformance.ts';
import { mongoServerAvailable, startMongoServer } from './mongo-server.ts';
import type { MongoServer } from './mongo-server.ts';

// The first start may build the server.
jest.setTimeout(180_000);

const available = mongoServerAvailable();
const suite = available === true ? describe : describe.skip;

suite(available === true ? 'on a MongoDB' : `on a MongoDB (skipped: ${available.reason})`, () => {
  let server: MongoServer;
  beforeAll(async () => {
    server = await startMongoServer();
  });
  afterAll(() => server.stop());

  const emptyDatabase = () => `${server.url}/test_${randomUUID().slice(0, 8)}`;

  runConformance('MongoDB', async (clock) => {
    const url = emptyDatabase();
    await createMongoIndexes(url);
    const openAnother = () => openMongoStorage({ url, clock });
    return { storage: await openAnother(), openAnother, dispose: async () => undefined };
  });

  test('a database whose indexes were not made is refused, with the command that makes them', async () => {
    const url = emptyDatabase();
    await expect(openMongoStorage({ url, clock: Date.now })).rejects.toMatchObject({
      name: 'IndexesMissing',
      message: expect.stringMatching(/artifacts\.by_uid.*npm run admin -- storage indexes/),
    });
    const made = await createMongoIndexes(url);
    expect(made).toContain('jobs.by_state_and_time');
    expect(await createMongoIndexes(url)).toEqual([]);
    await (await openMongoStorage({ url, clock: Date.now })).close();
  });
});

test('where no server answers, the start says so, and soon, without showing the URL', async () => {
  const started = performance.now();
  const opening = openMongoStorage({ url: 'mongodb://user:secret@127.0.0.1:1/x', clock: Date.now });
  const error: unknown = await opening.catch((reason: unknown) => reason);
  expect(String(error)).toMatch(/DATABASE_URL: MongoDB does not answer/);
  expect(String(error)).not.toContain('secret');
  expect(performance.now() - started).toBeLessThan(10_000);
});
