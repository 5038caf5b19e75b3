// Keeps a request from writing back a session, a grant or an interaction that was destroyed meanwhile. Otherwise a parallel
// request would undo a logout or a revocation.
import type Provider from 'oidc-provider';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Clock } from '../../deps.ts';
import type { ArtifactStore } from '../../storage/storage.ts';
import { dropOldest } from './account-bounds.ts';

/** Models that oidc-provider loads, changes and saves again. */
const WRITTEN_BACK = ['Session', 'Grant', 'Interaction'] as const;

/** Missing in @types/oidc-provider. */
type Stored = { jti: string; uid?: string; save(ttl?: number): Promise<string>; adapter: Adapter };
type Model = { prototype: Stored; instantiate(payload: AdapterPayload | undefined): Stored };
type StoreDeps = { artifacts: ArtifactStore; clock: Clock };

/** Changes the models of this provider. Call it once, before the first request. */
export function keepEndedEnded(provider: Provider, deps: StoreDeps): void {
  for (const name of WRITTEN_BACK) {
    const model = provider[name] as unknown as Model;
    const instantiate = model.instantiate.bind(model);
    model.instantiate = (payload) => {
      const found = instantiate.call(model, payload);
      // A new session, of a browser without one, also passes here. It has no `exp` yet.
      if (payload?.exp !== undefined) writeBackOnly(name, found, deps);
      return found;
    };
    const { save } = model.prototype;
    model.prototype.save = async function saveOnceAnew(this: Stored, ttl) {
      const value = await save.call(this, ttl);
      if (!Object.hasOwn(this, 'adapter')) writeBackOnly(name, this, deps);
      return value;
    };
  }
}

/** From now on, saves update the stored artifact and write nothing if it is gone. */
function writeBackOnly(name: string, stored: Stored, { artifacts, clock }: StoreDeps): void {
  let storedId = stored.jti;
  const adapter: Adapter = {
    ...stored.adapter,
    async upsert(id, payload, expiresIn) {
      const expiresAt = expiresIn ? clock() + expiresIn * 1000 : undefined;
      if (id === storedId) return void (await artifacts.update(name, id, payload, expiresAt));
      // The session changes its identifier. Write the new one before deleting the old one, so that a parallel logout finds at
      // least one. If the old one was gone already, delete the new one too.
      await artifacts.save(name, id, payload, expiresAt);
      if (!(await artifacts.destroy(name, storedId))) return void (await artifacts.destroy(name, id));
      storedId = id;
      await dropOldest(artifacts, name, payload);
    },
    async destroy(id) {
      // The upsert above has deleted the old identifier.
      if (id !== stored.jti) return;
      await artifacts.destroy(name, storedId);
      // A parallel request may have changed the session's identifier.
      if (stored.uid !== undefined && name === 'Session') await destroySession(artifacts, stored.uid);
    },
  };
  Object.defineProperty(stored, 'adapter', { value: adapter });
}

/** Ends a session under every identifier that is still stored. */
async function destroySession(artifacts: ArtifactStore, uid: string): Promise<void> {
  for (;;) {
    const found = await artifacts.findByUid('Session', uid);
    if (found === undefined) return;
    await artifacts.destroy('Session', String(found.jti));
  }
}
