// The clients in force, by id.
import type { Client } from '../config.ts';
import type { ClientRegistry } from '../../deps.ts';

/** @param ends when each was last removed or disabled; epoch milliseconds */
export function createClientRegistry(clients: readonly Client[], ends: ReadonlyMap<string, number> = new Map()): ClientRegistry {
  const enabled = new Map(clients.filter((client) => client.enabled).map((client) => [client.metadata.client_id, client]));
  return {
    find: (clientId) => enabled.get(clientId),
    all: () => [...enabled.values()],
    endedAt: (clientId) => ends.get(clientId),
  };
}
