// clients why: shows the last refused requests of a client app.
import type { ClientRefusal } from '../../../src/domain/client-refusal.ts';
import { inspectConfig } from '../../../src/config/load.ts';
import { ConfigError } from '../../../src/config/problems/config-error.ts';
import { openStorage } from '../../../src/storage/open-storage.ts';
import { databaseIsThere } from '../database-is-there.ts';
import type { Action, ActionInput } from '../topic.ts';
import { findClient } from './find-client.ts';

export const why: Action = {
  operands: ['<client_id>'],
  does: 'shows why requests of the client app were refused in the last seven days, newest first',
  async run({ operands: [id = ''], ...input }) {
    // Throws at a mistyped id, and suggests the nearest one.
    findClient(id, input.env, input.directory);
    const refusals = await readRefusals(id, input);
    return { json: refusals.map(toJson), text: refusals.length === 0 ? NONE(id) : refusals.map(describe).join('\n') };
  },
};

const NONE = (id: string): string =>
  `No request of ${id} was refused in the last seven days. If a request has not arrived at all, compare the address that it was sent to with ISSUER.\n`;

/** Reads the refusals of a client, newest first. They are written about a second after the answer. */
export async function readRefusals(
  id: string,
  { env, directory }: Pick<ActionInput, 'env' | 'directory'>,
): Promise<ClientRefusal[]> {
  const { config: make, problems } = inspectConfig({ env, directory, apps: ['id'], keys: 'unchecked' });
  if (!make) throw new ConfigError(problems);
  const { databaseUrl, keys } = make();
  if (!databaseIsThere(databaseUrl)) return [];
  const storage = await openStorage(databaseUrl, Date.now, undefined, keys.ledger);
  try {
    return (await storage.clientRefusals.find(id))?.refusals ?? [];
  } finally {
    await storage.close();
  }
}

function toJson({ at, ...refusal }: ClientRefusal): object {
  return { at: new Date(at).toISOString(), ...refusal };
}

/** Describes a refusal in a few lines for the terminal. */
export function describe({ at, times, endpoint, error, why, sent, expected, nearest, request_id: id }: ClientRefusal): string {
  const often = times > 1 ? `, ${times} times` : '';
  const facts = [
    ...Object.entries(sent).map(([name, value]) => ['sent', `${name} = ${value}`]),
    ...(expected === undefined ? [] : [['expected', expected]]),
    ...(nearest === undefined ? [] : [['nearest', nearest]]),
    ['request', id],
  ];
  return `${new Date(at).toISOString()}  ${endpoint}: ${error}${often}\n  ${why}\n${facts.map(([name = '', value]) => `    ${name.padEnd(10)}${value}\n`).join('')}`;
}
