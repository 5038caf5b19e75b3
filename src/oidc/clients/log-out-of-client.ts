// Tells a client that was removed or disabled that everybody has logged out of it (OpenID Connect Back-Channel Logout 1.0).
import type { Client } from '../../config/config.ts';
import type { Deps } from '../../deps.ts';
import { everyArtifact } from '../../storage/every-artifact.ts';
import { forProvider } from '../adapter.ts';
import { enqueueLogout } from './backchannel-logout.ts';

type SessionPayload = { accountId?: string; authorizations?: Record<string, { sid?: string }> };

const AT_ONCE = 8;

/**
 * Writes one job for each session with this client. Stops early if the process is draining. Never throws.
 * @param client its last metadata, because the registry no longer has it
 */
export async function logOutOfClient(
  client: Client,
  { storage, status, log, jobs }: Pick<Deps, 'storage' | 'status' | 'log' | 'jobs'>,
): Promise<void> {
  const { client_id: clientId, backchannel_logout_uri: uri } = client.metadata;
  if (uri === undefined) return;
  const removed = forProvider(client, 'nobody');
  let sessions = 0;
  try {
    const writing = new Set<Promise<void>>();
    for await (const session of everyArtifact(storage.artifacts, 'Session')) {
      if (status.draining) break;
      const { accountId, authorizations = {} } = session as SessionPayload;
      const there = authorizations[clientId];
      if (!there || accountId === undefined) continue;
      sessions += 1;
      const write = enqueueLogout(jobs, { client_id: clientId, sub: accountId, sid: there.sid, removed });
      writing.add(write);
      void write.then(
        () => writing.delete(write),
        () => undefined,
      );
      if (writing.size >= AT_ONCE) await Promise.race(writing);
    }
    await Promise.all(writing);
    log.info({ client_id: clientId, sessions }, 'client is told that everybody has logged out of it');
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    log.warn({ client_id: clientId, sessions, detail }, 'client is not told of all sessions that have ended');
  }
}
