// Records in the ledger when a session or grant is ended before it expires.
import type { EpochMilliseconds } from '../domain/account.ts';
import type { EventLedger } from './records.ts';
import type { ArtifactStore } from './storage.ts';

/**
 * Wraps the store so that `destroy` writes the event first. There is no event for a session that continues under a new identifier, for a
 * session without a signed-in person, or for expiry.
 */
export function recordEnds(
  { artifacts, ledger }: { artifacts: ArtifactStore; ledger: Pick<EventLedger, 'append'> },
  clock: () => EpochMilliseconds,
): ArtifactStore {
  async function recordSession(id: string): Promise<void> {
    const { accountId, uid } = (await artifacts.find('Session', id)) ?? {};
    if (typeof accountId !== 'string' || typeof uid !== 'string') return;
    // Write the new identifier before removing the old one.
    const newest = await artifacts.findByUid('Session', uid);
    if (newest !== undefined && newest.jti !== id) return;
    await ledger.append({ type: 'session.ended', subject: accountId, data: { session: uid }, at: clock() }, uid);
  }

  async function recordGrant(id: string): Promise<void> {
    const { accountId, clientId } = (await artifacts.find('Grant', id)) ?? {};
    if (typeof accountId !== 'string' || typeof clientId !== 'string') return;
    await ledger.append({ type: 'client.grant_ended', subject: accountId, data: { client_id: clientId }, at: clock() }, id);
  }

  return {
    ...artifacts,
    async destroy(model, id) {
      if (model === 'Session') await recordSession(id);
      if (model === 'Grant') await recordGrant(id);
      return artifacts.destroy(model, id);
    },
  };
}
