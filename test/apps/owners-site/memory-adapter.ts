// Keeps a test provider's data in memory, without the warning of the library's own adapter.
import type { Adapter, AdapterPayload } from 'oidc-provider';

/** One instance for each model; instances live as long as the test. */
export function createMemoryAdapters(): (model: string) => Adapter {
  const kept = new Map<string, AdapterPayload>();
  const findBy = async (model: string, member: 'uid' | 'userCode', value: string): Promise<AdapterPayload | undefined> =>
    [...kept].find(([key, payload]) => key.startsWith(`${model}:`) && payload[member] === value)?.[1];
  return (model) => ({
    upsert: async (id, payload) => void kept.set(`${model}:${id}`, payload),
    find: async (id) => kept.get(`${model}:${id}`),
    findByUid: (uid) => findBy(model, 'uid', uid),
    findByUserCode: (userCode) => findBy(model, 'userCode', userCode),
    async consume(id) {
      const payload = kept.get(`${model}:${id}`);
      if (payload) payload.consumed = Math.floor(Date.now() / 1000);
    },
    destroy: async (id) => void kept.delete(`${model}:${id}`),
    async revokeByGrantId(grantId) {
      for (const [key, payload] of kept) if (payload.grantId === grantId) kept.delete(key);
    },
  });
}
