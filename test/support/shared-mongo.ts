// One MongoDB for all suites of a run, started when the first of them asks for it. Each makes databases of its own.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MONGO_DESK, startOwnMongoServer, type MongoServer } from '../storage/mongo-server.ts';

/** @returns ends the MongoDB, if a suite asked for it */
export async function openDesk(): Promise<() => Promise<void>> {
  let mongo: Promise<MongoServer> | undefined;
  const desk = createServer((_, answer) => {
    mongo ??= startOwnMongoServer();
    mongo.then(
      ({ url, name }) => answer.end(JSON.stringify({ url, name })),
      (error: unknown) => answer.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => {
    desk.listen(0, '127.0.0.1', resolve);
  });
  // Those who run the suites inherit it.
  process.env[MONGO_DESK] = `http://127.0.0.1:${(desk.address() as AddressInfo).port}`;
  return async () => {
    await (await mongo?.catch(() => undefined))?.stop();
    desk.closeAllConnections();
    await new Promise((resolve) => desk.close(resolve));
  };
}
