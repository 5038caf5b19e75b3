// Two nodes behind a proxy that sends every request to the other one: the whole journey, and a rolling restart under load (F10).
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { rollingRestart } from '../../scripts/faults/rolling-restart.ts';
import { createMongoIndexes } from '../../src/storage/mongo/create-mongo-indexes.ts';
import { createHttpDriver } from '../journeys/http-driver.ts';
import { createTraveller, WORDS } from '../journeys/traveller.ts';
import { mongoServerAvailable, startMongoServer, type MongoServer } from '../storage/mongo-server.ts';
import { startNodeWorld, type NodeWorld } from '../support/node-world.ts';

jest.setTimeout(180_000);

const mongo = mongoServerAvailable();

describe.each<[string, boolean]>([
  ['SQLite', true],
  [`MongoDB${mongo === true ? '' : ` (skipped: ${mongo.reason})`}`, mongo === true],
])('two nodes on one %s', (name, isAvailable) => {
  const onIt = isAvailable ? test : test.skip;
  let server: MongoServer | undefined;
  let nodeWorld: NodeWorld;

  beforeAll(async () => {
    if (!isAvailable) return;
    if (name.startsWith('MongoDB')) {
      server = await startMongoServer();
      const url = `${server.url}/test_${randomUUID().slice(0, 8)}`;
      await createMongoIndexes(url);
      nodeWorld = await startNodeWorld(2, () => url);
    } else {
      nodeWorld = await startNodeWorld(2);
    }
  });
  afterAll(async () => {
    if (isAvailable) await nodeWorld.stop();
    await server?.stop();
  });

  onIt('carry a person through the whole migration, every request on the other node', async () => {
    const { world, proxy } = nodeWorld;
    const tanaka = createTraveller(createHttpDriver(), world);
    await tanaka.signInAtOwnersSite('tanaka');
    await tanaka.begin('newId');
    await tanaka.register('tanaka.nodes@example.jp');
    await tanaka.press(WORDS.link);
    await tanaka.signIn(undefined, 'Kuruma-77x');
    await tanaka.confirmRequired();
    await tanaka.arrives();
    const [first = 0, second = 0] = proxy.counts;
    expect(first + second).toBeGreaterThan(20);
    expect(Math.abs(first - second)).toBeLessThanOrEqual(2);
  });

  onIt('are restarted one after the other under load without one failed login', async () => {
    const { logins, failures, restarts } = await rollingRestart(nodeWorld, { restarts: 2, pauseMs: 500, walkers: 2 });
    expect(failures).toEqual([]);
    expect(logins).toBeGreaterThanOrEqual(2);
    expect(restarts).toEqual([0, 0]);
  });
});
