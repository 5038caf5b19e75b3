import type { Server } from 'node:net';

/**
 * The TCP port that a server listens on, where it may have asked for any.
 * @throws where the server does not listen on a port
 */
export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on a port');
  return address.port;
}
