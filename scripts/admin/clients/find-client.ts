// Finds a client app by its id.
import { ConfigError } from '../../../src/config/problems/config-error.ts';
import type { Client } from '../../../src/config/config.ts';
import { inspectConfig } from '../../../src/config/load.ts';
import { nearestName } from '../../../src/config/problems/nearest-name.ts';
import { isRecord } from '../../../src/config/problems/check-object.ts';
import { readClientFiles } from '../../../src/config/clients/read-client-files.ts';

export type FoundClient = {
  client: Client;
  /** Its path, relative to the project's root. */
  file: string;
  /** The parsed file. */
  content: Record<string, unknown>;
};

/** @throws {Error} if there is none, or its file has a mistake */
export function findClient(id: string, env: NodeJS.ProcessEnv, directory: string): FoundClient {
  const { clients, problems } = inspectConfig({ env, directory, apps: ['id'], keys: 'unchecked' });
  const named = readClientFiles(directory, []).flatMap(({ name, text }) => {
    const content = parse(text);
    return content?.client_id === id ? [{ file: name, content }] : [];
  });
  const [found] = named;
  const client = clients.find(({ metadata }) => metadata.client_id === id);
  if (client && found) return { client, ...found };
  const errors = problems.filter(({ severity, source }) => severity === 'error' && source === found?.file);
  if (errors.length > 0) throw new ConfigError(errors);
  const nearest = nearestName(
    id,
    clients.map(({ metadata }) => metadata.client_id),
  );
  throw new Error(`there is no client app ${id}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`);
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return isRecord(json) ? json : undefined;
  } catch {
    return undefined;
  }
}
