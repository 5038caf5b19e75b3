// Serves a reference app over real HTTP on a free port of the loopback interface.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Served<T> = { app: T; origin: string; close(): Promise<void> };

/**
 * Reserves a port first, because an app needs its origin.
 * @param create makes the app. Its `close`, if it has one, is called after the last connection ended
 */
export async function serve<T extends { koa: { callback(): RequestListener }; close?(): Promise<void> }>(
  create: (origin: string) => Promise<T>,
): Promise<Served<T>> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const app = await create(origin).catch((error: unknown) => {
    server.close();
    throw error;
  });
  server.on('request', app.koa.callback());
  return {
    app,
    origin,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await app.close?.();
    },
  };
}
