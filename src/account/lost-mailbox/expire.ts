// Job: ends a request for a lost mailbox that no operator has answered, and tells the person who made it. A request without an ID gets the same
// mail at the same time, so that the mail does not reveal which addresses have an ID.
import type { Deps } from '../../deps.ts';
import { findLostMailbox, LOST_MAILBOX_OPEN_MS, withExpired } from '../../domain/lost-mailbox.ts';
import { PostponeJob, type JobHandler } from '../../jobs/runner.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';
import { endedMail, mailEndWithoutId } from './stop.ts';

/** More than a request is kept. */
const GIVE_UP_AFTER_MS = 90 * 24 * 60 * 60 * 1000;
/** The look-up of the registered address is done by then. */
const LOOKED_UP_AFTER_MS = 60 * 60 * 1000;

/** When a request is over that was handed in at this time. */
export const expiresAt = (provenAt: number): number => provenAt + LOST_MAILBOX_OPEN_MS + LOOKED_UP_AFTER_MS;

/** Creates the handler. It is idempotent. */
export function createExpireLostMailbox(deps: Pick<Deps, 'storage' | 'clock' | 'jobs'>): JobHandler<{ request: string }> {
  const { storage, clock } = deps;
  return {
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    async run({ request: id }) {
      const request = await storage.lostMailboxRequests.find(id);
      if (request?.proven_at === undefined || request.refused) return;
      const account = request.account_id ? await storage.accounts.find(request.account_id) : undefined;
      const state = account && findLostMailbox(account, id);
      if (account && state) {
        const at = state.asked_at + LOST_MAILBOX_OPEN_MS;
        if (clock() < at) throw new PostponeJob(at, 'operators can still answer it');
        await changeAndTell(deps, account.id, { type: 'account.lost_mailbox_expired', data: { request: id } }, (standing) => {
          const to = withExpired(standing, id, clock());
          return to && { to, mails: [endedMail(state)] };
        });
        return;
      }
      await mailEndWithoutId(deps, request);
    },
  };
}
