// Tells clients of logouts by durable jobs (OpenID Connect Back-Channel Logout 1.0), so that a client that is down is told later, and the person
// who logs out waits for no client.
import { randomUUID } from 'node:crypto';
import type Provider from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import { propertyOf } from '../../property-of.ts';
import type { DealerBreaker } from '../../jobs/dealer-breaker.ts';
import type { JobQueue, LoggedOut } from '../../jobs/job-queue.ts';
import { PermanentJobError, type JobHandler } from '../../jobs/runner.ts';

/** How long a client is tried. After that, its own session has probably ended as well. */
const GIVE_UP_AFTER_MS = 24 * 60 * 60 * 1000;
/** How long a client is tried that refuses with a 4xx, as it does during an update and also for a session that it does not know. */
const REFUSED_FOR_MS = 10 * 60 * 1000;

/** Members of a client that are missing in @types/oidc-provider. */
type LoggedOutClient = {
  clientId: string;
  backchannelLogoutUri?: string;
  backchannelLogout(sub: string, sid: string | undefined): Promise<void>;
  /** oidc-provider's own `backchannelLogout`, which sends the token at once. It throws if the client does not answer 200 or 204. */
  sendLogoutToken(sub: string, sid: string | undefined): Promise<void>;
};
type ClientModel = { prototype: LoggedOutClient; new (metadata: object): LoggedOutClient };

/** Changes the clients of this provider: wherever one is told of a logout, a job is written instead. Call it once, before the first request. */
export function tellLogoutsByJob(provider: Provider, { jobs }: Pick<Deps, 'jobs'>): void {
  const { prototype } = provider.Client as unknown as ClientModel;
  prototype.sendLogoutToken = prototype.backchannelLogout;
  prototype.backchannelLogout = async function enqueueLogoutToken(sub, sid) {
    await enqueueLogout(jobs, { client_id: this.clientId, sub, sid });
  };
}

/**
 * Writes the job that tells a client of a logout.
 * @param id the same for the same logout, where it may be written again; otherwise each logout is a job of its own
 */
export async function enqueueLogout(jobs: JobQueue, loggedOut: LoggedOut, id: string = randomUUID()): Promise<void> {
  await jobs.enqueue('backchannel_logout', `backchannel-logout:${loggedOut.client_id}:${id}`, loggedOut);
}

/** Writes the job for a client of the provider, if the client wants to be told. */
export async function tellClient(provider: Provider, clientId: string, sub: string, sid: string | undefined): Promise<void> {
  const client = (await provider.Client.find(clientId)) as LoggedOutClient | undefined;
  if (client?.backchannelLogoutUri !== undefined) await client.backchannelLogout(sub, sid);
}

/** Creates the handler. A client that keeps failing does not keep the others from being told. */
export function createBackchannelLogout(
  provider: Provider,
  { clock, traces }: Pick<Deps, 'clock' | 'traces'>,
  breaker: DealerBreaker,
): JobHandler<LoggedOut> {
  const model = provider.Client as unknown as ClientModel;
  return {
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    async run({ client_id: clientId, sub, sid, removed }, job) {
      const client = removed ? new model(removed) : ((await provider.Client.find(clientId)) as LoggedOutClient | undefined);
      if (client?.backchannelLogoutUri === undefined)
        throw new PermanentJobError('the client is gone, or no longer wants to be told');
      let refusal: Error | undefined;
      await breaker.call(clientId, async () => {
        const send = async (): Promise<void> => client.sendLogoutToken(sub, sid);
        await traces.span('client', 'logout', { 'common_id.client_id': clientId }, send).catch((error: unknown) => {
          const status = Number(propertyOf(propertyOf(error, 'response'), 'status') ?? 0);
          // The address stays out of the log, because it may contain a secret.
          if (status === 0) throw new Error(`the client does not answer: ${reasonOf(error)}`, { cause: error });
          refusal = new Error(`the client answered ${status}`, { cause: error });
          if (status >= 500 || status === 429) throw refusal;
        });
      });
      if (!refusal) return;
      throw clock() - job.created_at < REFUSED_FOR_MS ? refusal : new PermanentJobError(refusal.message);
    },
  };
}

/** Returns the reason from the cause of fetch's error, whose own message only says that it failed. */
function reasonOf(error: unknown): string {
  const cause = propertyOf(error, 'cause') ?? error;
  return String(propertyOf(cause, 'code') ?? propertyOf(cause, 'message'));
}
