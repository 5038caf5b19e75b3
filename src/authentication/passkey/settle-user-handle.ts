// Job: removes the owner of a user handle if the process died before it stored the passkey, so that no record leads to an account that does
// not know it.
import type { Deps } from '../../deps.ts';
import type { JobPayloads } from '../../jobs/job-queue.ts';
import type { JobHandler } from '../../jobs/runner.ts';

/** After this time the passkey was either written or its process is dead. */
export const SURELY_WRITTEN_AFTER_MS = 60_000;
const GIVE_UP_AFTER_MS = 24 * 60 * 60 * 1000;

/** Creates the handler. It is idempotent. */
export function createSettleUserHandle({ storage }: Pick<Deps, 'storage'>): JobHandler<JobPayloads['settle_user_handle']> {
  return {
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    async run({ account_id: accountId, user_handle: userHandle }) {
      const [account, owner] = await Promise.all([storage.accounts.find(accountId), storage.passkeyOwners.find(userHandle)]);
      if (owner?.account_id === accountId && account?.user_handle !== userHandle) await storage.passkeyOwners.remove(userHandle);
    },
  };
}
