// What was destroyed while a request held it is not written back at the end of that request: neither a session that its owner has logged
// out of, nor a grant that was taken back, nor an interaction that is over.
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

/** Changes the models of this provider; called once, before it answers anybody. */
export function keepEndedEnded(provider: Provider, deps: StoreDeps): void {
  for (const name of WRITTEN_BACK) {
    const model = provider[name] as unknown as Model;
    const instantiate = model.instantiate.bind(model);
    model.instantiate = (payload) => {
      const found = instantiate.call(model, payload);
      // Sessions are made here, too, for browsers that have none.
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

/** From here on this object is stored under its id: it is updated where it stands, or else not written. */
function writeBackOnly(name: string, stored: Stored, { artifacts, clock }: StoreDeps): void {
  let storedId = stored.jti;
  const adapter: Adapter = {
    ...stored.adapter,
    async upsert(id, payload, expiresIn) {
      const expiresAt = expiresIn ? clock() + expiresIn * 1000 : undefined;
      if (id === storedId) return void (await artifacts.update(name, id, payload, expiresAt));
      // A session gets another identifier. The new one stands before the old one goes, and goes itself where the old one was gone:
      // who ends the session at this moment finds one of them.
      await artifacts.save(name, id, payload, expiresAt);
      if (!(await artifacts.destroy(name, storedId))) return void (await artifacts.destroy(name, id));
      storedId = id;
      await dropOldest(artifacts, name, payload);
    },
    async destroy(id) {
      // The old identifier goes with the write of the new one, above.
      if (id !== stored.jti) return;
      await artifacts.destroy(name, storedId);
      // Another request may have given the session another identifier.
      if (stored.uid !== undefined && name === 'Session') await destroySession(artifacts, stored.uid);
    },
  };
  Object.defineProperty(stored, 'adapter', { value: adapter });
}

/** Ends a session under all identifiers it has had. */
async function destroySession(artifacts: ArtifactStore, uid: string): Promise<void> {
  for (;;) {
    const found = await artifacts.findByUid('Session', uid);
    if (found === undefined) return;
    await artifacts.destroy('Session', String(found.jti));
  }
}
