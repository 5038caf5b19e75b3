// The clients in force, by id.
import type { Client } from './client.ts';

export type ClientRegistry = {
  /** Finds an enabled client by its id. */
  find(clientId: string): Client | undefined;
  all(): Client[];
  /** When the client was last removed or disabled, in epoch milliseconds. Everything that it got before is invalid. */
  endedAt(clientId: string): number | undefined;
};

/**
 * Makes the registry of the enabled clients.
 * @param ends when each client was last removed or disabled; epoch milliseconds
 */
export function createClientRegistry(clients: readonly Client[], ends: ReadonlyMap<string, number> = new Map()): ClientRegistry {
  const enabled = new Map(clients.filter((client) => client.enabled).map((client) => [client.metadata.client_id, client]));
  return {
    find: (clientId) => enabled.get(clientId),
    all: () => [...enabled.values()],
    endedAt: (clientId) => ends.get(clientId),
  };
}
