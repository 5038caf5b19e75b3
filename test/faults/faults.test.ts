// Every fault in its short form; npm run faults tries the full forms.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { FAULTS, onMongo, onSqlite } from '../../scripts/faults/faults.ts';
import { mongoServerAvailable, startMongoServer, type MongoServer } from '../storage/mongo-server.ts';

jest.setTimeout(300_000);

const SHORT = true;
/** These need nodes. test/nodes tries them but F22 and F23, which only npm run faults tries. */
const elsewhere = new Set(['F1', 'F2', 'F5', 'F10', 'F22', 'F23']);
const faults = FAULTS.filter(({ id }) => !elsewhere.has(id));

describe('on SQLite', () => {
  const backend = onSqlite();
  afterAll(() => backend.dispose());
  test.each(faults.filter(({ backends }) => backends.includes('SQLite')))('$id $title', async (fault) => {
    expect(await fault.run(backend, SHORT)).toEqual(expect.any(String));
  });
});

const available = mongoServerAvailable();
const suite = available === true ? describe : describe.skip;

suite(available === true ? 'on MongoDB' : `on MongoDB (skipped: ${available.reason})`, () => {
  let server: MongoServer;
  beforeAll(async () => {
    server = await startMongoServer();
  });
  afterAll(() => server.stop());
  test.each(faults.filter(({ backends }) => backends.includes('MongoDB')))('$id $title', async (fault) => {
    expect(await fault.run(onMongo(server), SHORT)).toEqual(expect.any(String));
  });
});
