// Job: finds the ID of a request for a lost mailbox, and tells its owner. This runs in a job, so that the response time of the page does not
// reveal which addresses have an ID.
import type { Deps } from '../../deps.ts';
import { drawAccountToken } from '../../domain/account-token.ts';
import { findLostMailbox, knownAddresses, withLostMailbox } from '../../domain/lost-mailbox.ts';
import { formatTime } from '../../http/format-time.ts';
import type { JobHandler } from '../../jobs/runner.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';
import { languageOf } from '../../language.ts';
import { STOP_PATH } from './stop.ts';
import { tellBySms } from './tell-by-sms.ts';

const GIVE_UP_AFTER_MS = 14 * 24 * 60 * 60 * 1000;

/** Creates the handler. It is idempotent. */
export function createLookUpLostMailbox(
  deps: Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs' | 'emit'>,
): JobHandler<{ request: string }> {
  const { config, storage, clock } = deps;
  return {
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    async run({ request: id }) {
      const request = await storage.lostMailboxRequests.find(id);
      if (request?.proven_at === undefined || request.account_id !== undefined) return;
      const account = await storage.accounts.findByEmail(request.email_canonical);
      const isUsable = account !== undefined && account.disabled_at === undefined && account.withdrawal === undefined;
      if (isUsable) {
        const { token, digest } = drawAccountToken(account.id);
        const now = clock();
        await changeAndTell(
          deps,
          account.id,
          { type: 'account.lost_mailbox_asked', data: { request: id } },
          (standing) => {
            const to = withLostMailbox(standing, request, digest, now);
            const language = languageOf(standing.language);
            const values = { email: maskedEmail(request.new_email), time: formatTime(now, language) };
            return (
              to && {
                to,
                mails: knownAddresses(standing, now).map((address) => ({
                  to: address,
                  template: 'lost-mailbox-asked' as const,
                  language,
                  values,
                })),
              }
            );
          },
          { 'lost-mailbox-asked': { url: `${config.issuer}${STOP_PATH}?token=${token}` } },
        );
        // An attempt that died after the change sends it now.
        const told = await storage.accounts.find(account.id);
        if (told && findLostMailbox(told, id)) await tellBySms(deps, told, 'lost-mailbox-asked');
      }
      await storage.lostMailboxRequests.change(id, (standing) =>
        standing && standing.account_id === undefined ? { ...standing, account_id: isUsable ? account.id : null } : undefined,
      );
    },
  };
}

/**
 * Shortens an address so that a person recognises their own: `n***@example.jp`. The old mailbox may belong to somebody else by now, who
 * should not learn the new address.
 */
export function maskedEmail(email: string): string {
  const at = email.lastIndexOf('@');
  return `${[...email][0] ?? ''}***${email.slice(at)}`;
}
