// jest's globalSetup: one MongoDB for all suites of a run, started when the first of them asks for it. Each makes databases of its own.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MONGO_DESK, startOwnMongoServer, type MongoServer } from '../storage/mongo-server.ts';

type Shared = { desk: Server; mongo: Promise<MongoServer> | undefined };

/** jest loads setup and teardown apart from each other. */
export const shared = globalThis as typeof globalThis & { sharedMongo?: Shared };

// jest wants a default export here.
// oxlint-disable-next-line no-default-export
export default async function openDesk(): Promise<void> {
  const desk = createServer((_, answer) => {
    mine.mongo ??= startOwnMongoServer();
    mine.mongo.then(
      ({ url, name }) => answer.end(JSON.stringify({ url, name })),
      (error: unknown) => answer.writeHead(500).end(String(error)),
    );
  });
  const mine: Shared = (shared.sharedMongo = { desk, mongo: undefined });
  await new Promise<void>((resolve) => {
    desk.listen(0, '127.0.0.1', resolve);
  });
  // Those who run the suites inherit it.
  process.env[MONGO_DESK] = `http://127.0.0.1:${(desk.address() as AddressInfo).port}`;
}
