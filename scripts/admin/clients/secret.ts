// clients secret: adds a new secret beside the current one, so that the client app can switch without an outage.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../../../src/config/clients/check-client-secrets.ts';
import { SECRET_METHODS } from '../../../src/config/clients/client-schema.ts';
import { isRecord } from '../../../src/config/problems/check-object.ts';
import { parseDuration } from '../duration.ts';
import { makeSecret } from '../make-secret.ts';
import type { Action } from '../topic.ts';
import { findClient } from './find-client.ts';

const OVERLAP = '7d';

export const secret: Action = {
  operands: ['<client_id>'],
  does: 'generates a new secret and shows it once; the old one stays valid for a while',
  options: { overlap: `how long the old one stays valid; default: ${OVERLAP}` },
  async run({ operands: [id = ''], values, env, directory }) {
    const overlap = parseDuration('overlap', values.overlap ?? OVERLAP);
    const { client, file, content } = findClient(id, env, directory);
    const method = String(client.metadata.token_endpoint_auth_method);
    if (!SECRET_METHODS.includes(method)) throw new Error(`${id} has no secret: its token_endpoint_auth_method is ${method}`);
    const now = Date.now();
    const old = standing(content.client_secret, now);
    const made = makeSecret();
    const hash = `sha256:${digestOf(made)}`;
    const until = new Date(Math.min(now + overlap, Date.parse(String(old?.not_after ?? '9999-12-31T00:00:00Z')))).toISOString();
    content.client_secret = old ? [{ ...old, not_after: until }, { hash }] : { hash };
    writeFileSync(join(directory, file), `${JSON.stringify(content, null, 2)}\n`);
    const kept = old ? ` The old one is valid until ${until}.` : '';
    return {
      json: { client_id: id, secret: made, hash, old_until: old ? until : null },
      text: `Client secret  ${made}\nIt is shown only now and is valid immediately; ${file} holds its hash.${kept}\n`,
    };
  },
};

/** Returns the newest valid entry, which is the one in use. An older one is dropped. */
function standing(value: unknown, now: number): Record<string, unknown> | undefined {
  const entries = (Array.isArray(value) ? (value as unknown[]) : [value]).filter(isRecord);
  return entries.filter(({ not_after: until }) => typeof until !== 'string' || Date.parse(until) > now).at(-1);
}
