// Where clients of the tests have their users sent back to: answers every request, so that a browser arrives.
import { createServer } from 'node:http';

export type CallbackServer = { close(): Promise<void> };

export async function startCallbackServer(origin: string): Promise<CallbackServer> {
  const server = createServer((_request, response) => response.setHeader('Content-Type', 'text/html').end('<h1>back</h1>'));
  const { hostname, port } = new URL(origin);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(Number(port), hostname === 'localhost' ? '127.0.0.1' : hostname, resolve);
  });
  return {
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
