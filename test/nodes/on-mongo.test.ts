// Two nodes on one MongoDB, as on two machines.
import { describe, test } from '@jest/globals';
import { onMongo } from '../../scripts/faults/faults.ts';
import { mongoServerAvailable, startMongoServer } from '../storage/mongo-server.ts';
import { describeNodes } from './nodes.ts';

const available = mongoServerAvailable();
if (available === true) {
  const makeBackend = async () => {
    const server = await startMongoServer();
    return { ...onMongo(server), dispose: () => server.stop() };
  };
  describeNodes('MongoDB', makeBackend, true);
} else {
  describe.skip(`two nodes on one MongoDB (skipped: ${available.reason})`, () => {
    test('work as on SQLite', () => undefined);
  });
}
