// Compares two sets of client apps, field by field.
import type { Client } from '../../../src/config/config.ts';
import { flatten } from './flatten.ts';

export type Change = {
  kind: 'added' | 'changed' | 'removed';
  client_id: string;
  /** The changed fields, named as in the file. */
  fields: { key: string; before?: string; after?: string }[];
};

/** Returns the changes, in order of client id. A disabled client app counts as absent. */
export function comparePlan(inForce: readonly Client[], files: readonly Client[]): Change[] {
  const before = byId(inForce);
  const after = byId(files);
  const ids = [...new Set([...before.keys(), ...after.keys()])].sort();
  return ids.flatMap((id): Change[] => {
    const [old, young] = [before.get(id), after.get(id)];
    if (!young) return [{ kind: 'removed', client_id: id, fields: [] }];
    const fields = compareFields(old ? asFile(old) : new Map<string, string>(), asFile(young));
    if (!old) return [{ kind: 'added', client_id: id, fields }];
    return fields.length > 0 ? [{ kind: 'changed', client_id: id, fields }] : [];
  });
}

function byId(clients: readonly Client[]): Map<string, Client> {
  return new Map(clients.filter(({ enabled }) => enabled).map((client) => [client.metadata.client_id, client]));
}

function compareFields(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Change['fields'] {
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  return keys.flatMap((key) => {
    const [old, young] = [before.get(key), after.get(key)];
    return old === young
      ? []
      : [{ key, ...(old !== undefined && { before: old }), ...(young !== undefined && { after: young }) }];
  });
}

/** Returns a client app with the field names of its file. Secrets are only identified, never shown. */
export function asFile({
  metadata,
  secrets,
  name,
  brand,
  firstParty,
  requiredClaims,
  legacyImport,
  webOrigins,
  accessTokenLifetimeSeconds,
  contact,
}: Client): Map<string, string> {
  const { client_id: _id, client_name: _name, ...rest } = metadata;
  return flatten({
    'client_name#ja': name.ja,
    'client_name#en': name.en,
    ...rest,
    client_secret: secrets?.map(({ digest, notBefore, notAfter }) =>
      [
        `…${digest.slice(-6)}`,
        notBefore && `from ${new Date(notBefore).toISOString()}`,
        notAfter && `to ${new Date(notAfter).toISOString()}`,
      ]
        .filter(Boolean)
        .join(' '),
    ),
    common_id: {
      brand,
      first_party: firstParty,
      required_claims: requiredClaims,
      legacy_import: legacyImport,
      web_origins: webOrigins,
      access_tokens: { lifetime_seconds: accessTokenLifetimeSeconds },
      contact,
    },
  });
}
