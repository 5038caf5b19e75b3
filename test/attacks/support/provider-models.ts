// The models of a real oidc-provider with our adapter on a real database, without clients, pages and HTTP.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';
import { createAdapterFactory } from '../../../src/oidc/adapter.ts';
import { keepEndedEnded } from '../../../src/oidc/sessions/ended-stays-ended.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/open-sqlite-storage.ts';
import type { Storage } from '../../../src/storage/storage.ts';

export type ProviderModels = { provider: Provider; storage: Storage; close(): Promise<void> };

export async function openProviderModels(): Promise<ProviderModels> {
  const directory = await mkdtemp(join(tmpdir(), 'provider-models-'));
  const storage = await openSqliteStorage({ path: join(directory, 'db.sqlite'), clock: Date.now });
  const { artifacts } = storage;
  const clients = { find: () => ({}), endedAt: () => undefined, all: () => [] } as never;
  const adapter = createAdapterFactory({
    artifacts,
    clients,
    clock: Date.now,
    emit: () => undefined,
    onRedeemed: async () => undefined,
  });
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const provider = new Provider('http://id.example', {
    adapter,
    cookies: { keys: ['k'] },
    jwks: { keys: [{ ...(await exportJWK(privateKey)), use: 'sig', alg: 'ES256' }] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    ttl: { Session: 3_600, Grant: 3_600 },
    features: { devInteractions: { enabled: false } },
  });
  keepEndedEnded(provider, { artifacts, clock: Date.now });
  return {
    provider,
    storage,
    async close() {
      await storage.close();
      await rm(directory, { recursive: true });
    },
  };
}
