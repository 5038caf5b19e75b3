// An HTTP server with limits on everything that a client could keep open, and a graceful shutdown.
import { createServer, type RequestListener, type Server } from 'node:http';
import { portOf } from '../http/port-of.ts';

/** Slow senders are disconnected (slowloris attack). */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 5_000;

export type Listening = {
  port: number;
  /** Accepts no new connections, and resolves when all requests have been answered. After `graceMs` it closes the remaining connections. */
  close(graceMs: number): Promise<void>;
};

/**
 * Starts an HTTP server.
 * @param place `setting` is the name of the setting for the port, `hostSetting` that for the address
 * @throws {Error} if the address cannot be used; the message names the setting to change
 */
export async function listen(
  handler: RequestListener,
  {
    port,
    host,
    setting,
    hostSetting = 'HOST',
  }: { port: number; host: string | undefined; setting: string; hostSetting?: string },
): Promise<Listening> {
  const server: Server = createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS },
    handler,
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') reject(new Error(`${setting}: port ${port} is taken by another program`));
      else reject(new Error(`${error.code === 'EACCES' ? setting : hostSetting}: ${error.message}`, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
  return {
    port: portOf(server),
    async close(graceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}
