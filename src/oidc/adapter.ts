// oidc-provider's storage interface over our port, and the clients of the files as it takes them.
import { randomBytes } from 'node:crypto';
import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import type { Client } from '../config/config.ts';
import type { ClientRegistry } from '../config/clients/client-registry.ts';
import type { Clock } from '../deps.ts';
import type { ArtifactStore } from '../storage/storage.ts';
import { dropOldest } from './sessions/account-bounds.ts';
import { OIDC_SCOPES } from './claims.ts';
import { revokeGrant } from './grants/revoke-grant.ts';

type AdapterDeps = {
  artifacts: ArtifactStore;
  clients: ClientRegistry;
  clock: Clock;
  onRedeemed: OnRedeemed;
};

/** Answers the adapter of each of oidc-provider's models. */
export function createAdapterFactory(deps: AdapterDeps): (model: string) => Adapter {
  return (model) => (model === 'Client' ? noClients() : artifactAdapter(model, deps));
}

/** Called when a code was consumed, before a token is made of it; what it throws is the answer. */
type OnRedeemed = (code: AdapterPayload) => Promise<void>;

function artifactAdapter(model: string, { artifacts, clients, clock, onRedeemed }: AdapterDeps): Adapter {
  /** What a client was given is over when it is removed or disabled, also if it comes back. */
  const standing = (payload: AdapterPayload | undefined): AdapterPayload | undefined => {
    const { clientId, iat = 0 } = payload ?? {};
    if (clientId === undefined) return payload;
    const over = !clients.find(clientId) || iat * 1000 < (clients.endedAt(clientId) ?? 0);
    return over ? undefined : payload;
  };
  const find = async (id: string): Promise<AdapterPayload | undefined> =>
    standing((await artifacts.find(model, id)) as AdapterPayload | undefined);
  return {
    async upsert(id, payload, expiresIn) {
      // Seconds that come from a client's JWT may have a fraction.
      const expiresAt = expiresIn ? clock() + Math.ceil(expiresIn) * 1000 : undefined;
      // A replay mark is looked up and then written; two parallel bearers of one `jti` would both pass. Only one write does.
      if (model === 'ReplayDetection') {
        const isFirst = expiresAt !== undefined && (await artifacts.insertOnce(model, id, payload, expiresAt));
        if (!isFirst) throw new errors.InvalidRequest('jti was used before');
        return;
      }
      await artifacts.save(model, id, payload, expiresAt);
      await dropOldest(artifacts, model, payload);
    },
    find,
    findByUid: async (uid) => artifacts.findByUid(model, uid) as Promise<AdapterPayload | undefined>,
    // Only the device flow looks up user codes, and it is off.
    findByUserCode: async () => undefined,
    async consume(id) {
      const code = model === 'AuthorizationCode' ? await find(id) : undefined;
      if (await artifacts.consume(model, id)) {
        if (code) await onRedeemed(code);
        return;
      }
      // Somebody was first, in the moment since oidc-provider looked: the same answer as for any used one, and the tokens die
      // as RFC 9700 4.14 and RFC 6749 10.5 ask for a replay.
      const grantId = (await find(id))?.grantId;
      if (grantId) await revokeGrant(artifacts, grantId);
      if (model === 'PushedAuthorizationRequest') throw new errors.InvalidRequestUri('request_uri was already used');
      throw new errors.InvalidGrant(`${model} was already used`);
    },
    destroy: async (id) => void (await artifacts.destroy(model, id)),
    revokeByGrantId: async (grantId) => artifacts.destroyByGrantId(model, grantId),
  };
}

/**
 * The clients as oidc-provider is given them, once: asked for one by one it hashes what the adapter answers, at each request.
 * Other clients are another provider's.
 */
export function clientsForProvider(clients: ClientRegistry): Client['metadata'][] {
  const placeholder = randomBytes(32).toString('base64url');
  return clients.all().map((client) => forProvider(client, placeholder));
}

/**
 * The metadata of a client app as oidc-provider takes it. It knows the scopes of OpenID Connect; those of a resource are held against the file when the resource is asked for.
 * It refuses an empty scope, and takes an absent one for every scope there is: a file without any of these may ask for `openid`.
 */
export function forProvider({ metadata: { scope, ...metadata }, secrets }: Client, placeholder: string): Client['metadata'] {
  return {
    ...metadata,
    scope: ours(String(scope ?? '')) || 'openid',
    // oidc-provider wants one; what is compared are the digests, see client-secrets.ts.
    ...(secrets && { client_secret: placeholder }),
  };
}

const ours = (scope: string): string =>
  scope
    .split(' ')
    .filter((name) => OIDC_SCOPES.includes(name))
    .join(' ');

/** Asked for clients of other ids than those that the provider was made with: there are none. */
function noClients(): Adapter {
  const readOnly = async (): Promise<never> => {
    throw new Error('clients are files in config/clients and cannot be written');
  };
  return {
    find: async () => undefined,
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    upsert: readOnly,
    consume: readOnly,
    destroy: readOnly,
    revokeByGrantId: readOnly,
  };
}
