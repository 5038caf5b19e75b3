// Sends logout tokens for all sessions to a client that was removed or disabled (OpenID Connect Back-Channel Logout 1.0).
import type Provider from 'oidc-provider';
import type { Client } from '../../config/config.ts';
import type { Deps } from '../../deps.ts';
import { everyArtifact } from '../../storage/every-artifact.ts';
import { forProvider } from '../adapter.ts';

/** Members of a client that are missing in @types/oidc-provider. */
export type LoggedOutClient = {
  backchannelLogoutUri?: string;
  backchannelLogout(sub: string, sid: string | undefined): Promise<void>;
};

type SessionPayload = { accountId?: string; authorizations?: Record<string, { sid?: string }> };

const AT_ONCE = 8;

/**
 * Sends one logout token for each session with this client. Stops early if the process is draining. Never throws.
 * @param client its last metadata, because the registry no longer has it
 */
export async function logOutOfClient(
  provider: Provider,
  client: Client,
  { storage, status, log }: Pick<Deps, 'storage' | 'status' | 'log'>,
): Promise<void> {
  const { client_id: clientId, backchannel_logout_uri: uri } = client.metadata;
  if (uri === undefined) return;
  let [told, failed] = [0, 0];
  try {
    const model = provider.Client as unknown as new (metadata: object) => LoggedOutClient;
    const gone = new model(forProvider(client, 'nobody'));
    const telling = new Set<Promise<void>>();
    for await (const session of everyArtifact(storage.artifacts, 'Session')) {
      if (status.draining) break;
      const { accountId, authorizations = {} } = session as SessionPayload;
      const there = authorizations[clientId];
      if (!there || accountId === undefined) continue;
      const tell = gone.backchannelLogout(accountId, there.sid).then(
        () => void (told += 1),
        () => void (failed += 1),
      );
      telling.add(tell);
      void tell.finally(() => telling.delete(tell));
      if (telling.size >= AT_ONCE) await Promise.race(telling);
    }
    await Promise.all(telling);
    log.info({ client_id: clientId, told, failed }, 'client told that everybody has logged out of it');
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    log.warn({ client_id: clientId, told, failed, detail }, 'client not told that everybody has logged out of it');
  }
}
