// An HTTP server with limits on everything that a client could keep open, and a graceful shutdown.
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { portOf } from '../http/port-of.ts';

/** By how much each of the timeouts is longer than the one before it. Slow senders are disconnected (slowloris attack). */
const HEADERS_AFTER_KEEP_ALIVE_MS = 1_000;
const BODY_MS = 30_000;

/**
 * Returns the timeouts of a server whose idle connections stay open for so long. A proxy may also open a connection before it has a request,
 * and Node's timeout for headers then begins with the connection, so it has to be longer.
 */
export function timeoutsOf(keepAliveSeconds: number) {
  const keepAliveTimeout = keepAliveSeconds * 1000;
  const headersTimeout = keepAliveTimeout + HEADERS_AFTER_KEEP_ALIVE_MS;
  return { keepAliveTimeout, headersTimeout, requestTimeout: headersTimeout + BODY_MS };
}

export type Listening = {
  port: number;
  /**
   * Ends each connection with its next answer (`Connection: close`); new ones are accepted. Otherwise a proxy goes on using its connections after
   * `close`, and loses the requests that are in progress when they are cut.
   */
  drain(): void;
  /** Drains, accepts no new connections, and resolves when all requests have been answered. After `graceMs` it closes the remaining connections. */
  close(graceMs: number): Promise<void>;
};

/**
 * Starts an HTTP server.
 * @param place `setting` is the name of the setting for the port, `hostSetting` that for the address; `keepAliveSeconds` is how long idle
 * connections stay open; `onConnection` is called when a client has opened one
 * @throws {Error} if the address cannot be used; the message names the setting to change
 */
export async function listen(
  handler: RequestListener,
  {
    port,
    host,
    setting,
    hostSetting = 'HOST',
    keepAliveSeconds = 5,
    onConnection,
  }: {
    port: number;
    host: string | undefined;
    setting: string;
    hostSetting?: string;
    keepAliveSeconds?: number;
    onConnection?: (() => void) | undefined;
  },
): Promise<Listening> {
  const inProgress = new Set<ServerResponse>();
  let isDraining = false;
  const server: Server = createServer(timeoutsOf(keepAliveSeconds), (request, response) => {
    response.shouldKeepAlive &&= !isDraining;
    inProgress.add(response);
    response.once('close', () => inProgress.delete(response));
    handler(request, response);
  });
  if (onConnection) server.on('connection', onConnection);
  const drain = (): void => {
    isDraining = true;
    for (const response of inProgress) response.shouldKeepAlive = false;
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') reject(new Error(`${setting}: port ${port} is taken by another program`));
      else reject(new Error(`${error.code === 'EACCES' ? setting : hostSetting}: ${error.message}`, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
  return {
    port: portOf(server),
    drain,
    async close(graceMs) {
      drain();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}
