// The clients in force, by id.
import type { Client } from './config.ts';
import type { ClientRegistry } from '../deps.ts';

export function createClientRegistry(clients: readonly Client[]): ClientRegistry {
  const enabled = new Map(clients.filter((client) => client.enabled).map((client) => [client.metadata.client_id, client]));
  return { find: (clientId) => enabled.get(clientId), all: () => [...enabled.values()] };
}
