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

/** Members of a client that `asFile` shows elsewhere than under `common_id`, or not at all. */
type Elsewhere = 'metadata' | 'secrets' | 'name' | 'enabled';

/** A client. An earlier version may have stored it, without the settings that were added later. */
type Stored = Partial<Client> & Pick<Client, 'metadata' | 'name'>;

/** Our own settings: their name in the file and their value. A setting that was added later is shown only if it is not the default. */
const OURS: { [Key in Exclude<keyof Client, Elsewhere>]-?: [name: string, shown: (client: Stored) => unknown] } = {
  brand: ['brand', ({ brand }) => brand],
  firstParty: ['first_party', ({ firstParty }) => firstParty],
  requiredClaims: ['required_claims', ({ requiredClaims }) => requiredClaims],
  destination: [
    'leads_to',
    ({ destination, name }) => (destination?.ja === name.ja && destination.en === name.en ? undefined : destination),
  ],
  legacyImport: ['legacy_import', ({ legacyImport }) => legacyImport],
  webOrigins: ['web_origins', ({ webOrigins }) => webOrigins],
  accessTokenLifetimeSeconds: [
    'access_tokens',
    ({ accessTokenLifetimeSeconds }) => ({ lifetime_seconds: accessTokenLifetimeSeconds }),
  ],
  pkceRequired: ['pkce', ({ pkceRequired }) => (pkceRequired === false ? 'optional' : undefined)],
  claimsInIdToken: ['claims_in_id_token', ({ claimsInIdToken }) => claimsInIdToken || undefined],
  profile: ['profile', ({ profile }) => profile],
  refreshRotation: ['refresh_rotation', ({ refreshRotation }) => refreshRotation || undefined],
  requiredAcr: ['required_acr', ({ requiredAcr }) => requiredAcr],
  contact: ['contact', ({ contact }) => contact],
};

/** Returns a client app with the field names of its file. Secrets are only identified, never shown. */
export function asFile(client: Client): Map<string, string> {
  const { metadata, secrets, name } = client;
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
    common_id: Object.fromEntries(Object.values(OURS).map(([field, shown]) => [field, shown(client)])),
  });
}
