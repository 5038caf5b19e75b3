// Tells a client that was removed or disabled that everybody has logged out of it (OpenID Connect Back-Channel Logout 1.0). There may be a million
// sessions, so durable jobs walk through them, each through a part.
import type { Client } from '../../config/config.ts';
import type { Deps } from '../../deps.ts';
import type { EpochMilliseconds } from '../../domain/account.ts';
import type { ClientEnd, JobQueue } from '../../jobs/job-queue.ts';
import type { JobHandler } from '../../jobs/runner.ts';
import { forProvider } from '../adapter.ts';
import { enqueueLogout } from './backchannel-logout.ts';

type SessionPayload = { uid?: string; accountId?: string; authorizations?: Record<string, { sid?: string }> };

/** How many sessions one job reads. */
const PART = 200;
/** The number of concurrent writes. */
const AT_ONCE = 8;
const GIVE_UP_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * Writes the first job, if the client wants to be told of logouts. Writes it once for each end.
 * @param client its last metadata, because the registry no longer has it
 * @param standingSince the time since when the client stood in the set that it left; each end has another one
 */
export async function enqueueLogOutOfClient(jobs: JobQueue, client: Client, standingSince: EpochMilliseconds): Promise<void> {
  const { client_id: clientId, backchannel_logout_uri: uri } = client.metadata;
  if (uri === undefined) return;
  await enqueuePart(jobs, {
    client_id: clientId,
    removed: forProvider(client, 'nobody'),
    since: standingSince,
    part: 0,
    after: '',
  });
}

async function enqueuePart(jobs: JobQueue, end: ClientEnd): Promise<void> {
  // Without `after`, because the ids of sessions are secrets and keys stand in the log.
  await jobs.enqueue('log_out_of_client', `log-out-of-client:${end.client_id}:${end.since}:${end.part}`, end);
}

/** Creates the handler. It writes one job for each session with this client, and then the job for the next part. A repeated part writes nothing twice. */
export function createLogOutOfClient({ storage, jobs }: Pick<Deps, 'storage' | 'jobs'>): JobHandler<ClientEnd> {
  return {
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    async run(end, _job, signal) {
      const { client_id: clientId, removed, since, part, after } = end;
      const sessions = await storage.artifacts.listAfter('Session', after, PART);
      const logouts = sessions.flatMap(({ payload }) => {
        const { uid, accountId: sub, authorizations = {} } = payload as SessionPayload;
        const there = authorizations[clientId];
        return there && sub !== undefined
          ? [{ id: `${since}:${there.sid ?? uid}`, loggedOut: { client_id: clientId, sub, sid: there.sid, removed } }]
          : [];
      });
      for (let n = 0; n < logouts.length; n += AT_ONCE) {
        signal.throwIfAborted();
        await Promise.all(logouts.slice(n, n + AT_ONCE).map(async ({ id, loggedOut }) => enqueueLogout(jobs, loggedOut, id)));
      }
      const last = sessions.at(-1);
      if (last && sessions.length === PART) await enqueuePart(jobs, { ...end, part: part + 1, after: last.id });
    },
  };
}
