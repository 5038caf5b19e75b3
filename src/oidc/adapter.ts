// Implements oidc-provider's storage interface on our storage port, and converts the clients of the files to its metadata.
import { randomBytes } from 'node:crypto';
import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import type { Client } from '../config/config.ts';
import type { ClientRegistry } from '../config/clients/client-registry.ts';
import type { Clock } from '../deps.ts';
import type { ArtifactStore } from '../storage/storage.ts';
import type { Emit } from '../telemetry/emit.ts';
import { createDeviceCodeAdapter } from './device/device-codes.ts';
import { dropOldest } from './sessions/account-bounds.ts';
import { OIDC_SCOPES } from './claims.ts';
import { revokeGrant } from './grants/revoke-grant.ts';

type AdapterDeps = {
  artifacts: ArtifactStore;
  clients: ClientRegistry;
  clock: Clock;
  onRedeemed: OnRedeemed;
  emit: Emit;
};

/** Makes the factory that oidc-provider calls for the adapter of each of its models. */
export function createAdapterFactory(deps: AdapterDeps): (model: string) => Adapter {
  return (model) => {
    if (model === 'Client') return noClients();
    const adapter = artifactAdapter(model, deps);
    return model === 'DeviceCode' ? createDeviceCodeAdapter(adapter, deps) : adapter;
  };
}

/** Called after a code was consumed and before its tokens are issued. An error that it throws becomes the response. */
type OnRedeemed = (code: AdapterPayload) => Promise<void>;

function artifactAdapter(model: string, { artifacts, clients, clock, onRedeemed }: AdapterDeps): Adapter {
  /** Hides the artifacts of a removed or disabled client. Older artifacts stay hidden after the client comes back. */
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
      // A client's JWT may give fractional seconds.
      const expiresAt = expiresIn ? clock() + Math.ceil(expiresIn) * 1000 : undefined;
      // oidc-provider looks a `jti` up and then writes it, so two parallel requests could both pass. `insertOnce` lets only one
      // through.
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
    // device-codes.ts finds the codes of devices, for our own page.
    findByUserCode: async () => undefined,
    async consume(id) {
      const code = model === 'AuthorizationCode' ? await find(id) : undefined;
      if (await artifacts.consume(model, id)) {
        if (code) await onRedeemed(code);
        return;
      }
      // A parallel request consumed it after oidc-provider's check. Respond as to any replay, and revoke the tokens
      // (RFC 9700 4.14, RFC 6749 10.5).
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
 * Returns the metadata of all clients, which oidc-provider takes once, as static clients. Clients from the adapter would be
 * hashed at each request. Each provider serves one set of clients.
 */
export function clientsForProvider(clients: ClientRegistry): Client['metadata'][] {
  const placeholder = randomBytes(32).toString('base64url');
  return clients.all().map((client) => forProvider(client, placeholder));
}

/**
 * Converts the metadata of a client to the form that oidc-provider accepts. It gets the OpenID Connect scopes only; a resource's
 * scopes are checked against the file when the client requests the resource. oidc-provider refuses an empty scope and reads a
 * missing one as every scope, so a client without OpenID Connect scopes gets `openid`.
 * @param placeholder a random value in the place of the secret
 */
export function forProvider({ metadata: { scope, ...file }, secrets }: Client, placeholder: string): Client['metadata'] {
  // Our own pages use it. oidc-provider accepts only https, in development too.
  const { initiate_login_uri: _ours, ...metadata } = file;
  return {
    ...metadata,
    scope: ours(String(scope ?? '')) || 'openid',
    response_modes:
      metadata.authorization_signed_response_alg === undefined ? RESPONSE_MODES : [...RESPONSE_MODES, ...SIGNED_MODES],
    // oidc-provider requires a secret; client-secrets.ts compares digests instead.
    ...(secrets && { client_secret: placeholder }),
  };
}

/** Signed responses are for clients whose file asks for them. */
const RESPONSE_MODES = ['query', 'fragment', 'form_post'];
const SIGNED_MODES = ['jwt', ...RESPONSE_MODES.map((mode) => `${mode}.jwt`)];

const ours = (scope: string): string =>
  scope
    .split(' ')
    .filter((name) => OIDC_SCOPES.includes(name))
    .join(' ');

/** Makes the adapter for client ids that are not static clients. It finds none. */
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
