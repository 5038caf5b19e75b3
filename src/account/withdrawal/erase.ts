// Erases a withdrawn ID when the time to take the withdrawal back is over.
import type { KeyObject } from 'node:crypto';
import { forgetPasskeysOf } from '../../authentication/passkey/passkeys-of-account.ts';
import type { Deps } from '../../deps.ts';
import type { DealerLink } from '../../domain/dealer-link.ts';
import { knownAddresses } from '../../domain/lost-mailbox.ts';
import { seal } from '../../domain/seal.ts';
import { beginErasure, consentToKeep, isBeingErased } from '../../domain/withdrawal.ts';
import { enqueueWithdrawalOfErased, withdrawalKey } from '../../jobs/enqueue-delivery.ts';
import type { WithdrawnAccount } from '../../jobs/job-queue.ts';
import { PostponeJob, type JobHandler } from '../../jobs/runner.ts';
import { languageOf } from '../../language.ts';
import type { AccountAccess } from '../../oidc/sessions/account-access.ts';
import { changeAccount } from '../../storage/change-account.ts';
import { endEverything } from './flow.ts';

type EraseDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs'>;

const DAY_MS = 24 * 60 * 60 * 1000;
const YEAR_MS = 365.25 * DAY_MS;
/** More than the longest time in which a withdrawal can be taken back. */
const GIVE_UP_AFTER_MS = 180 * DAY_MS;
const ASK_AGAIN_AFTER_MS = 60 * 60 * 1000;

/**
 * Creates the job that erases an account. It keeps the consents of the dealer links apart, and removes the links, the passkeys' records and the
 * history. The account comes last. Every step is idempotent, so the next attempt completes an interrupted job.
 */
export function createEraseAccount(deps: EraseDeps, access: AccountAccess): JobHandler<WithdrawnAccount> {
  const { config, storage, clock, jobs } = deps;
  return {
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    async run({ account_id: accountId, withdrawn_at: at }) {
      const account = await storage.accounts.find(accountId);
      // It is erased, or the withdrawal was taken back or not written.
      if (account?.withdrawal?.at !== at) return;
      // Of two presses at the same moment, the first one wrote this job and the second one the later end of the time.
      const { erase_at: eraseAt } = account.withdrawal;
      if (clock() < eraseAt) throw new PostponeJob(eraseAt, 'the withdrawal can still be taken back');
      await endEverything(deps, access, accountId);
      const links = await storage.dealerLinks.listByAccount(accountId);
      // A job that tells a dealer needs the link.
      for (const link of links) {
        const telling = await storage.jobs.find(withdrawalKey(link));
        if (telling?.state === 'waiting') throw new PostponeJob(clock() + ASK_AGAIN_AFTER_MS, 'a dealer is not told yet');
      }
      await changeAccount(deps, accountId, 'account.erasure_began', (standing) => {
        const next = beginErasure(standing, at, clock());
        return next === standing ? undefined : next;
      });
      const ended = await storage.accounts.find(accountId);
      if (ended?.withdrawal?.at !== at || !isBeingErased(ended)) return;
      const language = languageOf(ended.language);
      // An address that was replaced shortly before the withdrawal is told, too.
      for (const [index, to] of knownAddresses(ended, at).entries()) {
        const key = `mail:erased:${accountId}:${at}${index === 0 ? '' : `:${index}`}`;
        await jobs.enqueue('send_mail', key, { to, template: 'erased', language, values: {} });
      }
      for (const link of links) {
        await tellWithoutLink(deps, link);
        await eraseLink(deps, link, config.keys.keptConsent);
      }
      await forgetPasskeysOf(deps, ended);
      await storage.signInHistories.remove(accountId);
      await storage.lastUses.remove(accountId);
      for (const { request } of ended.lost_mailbox ?? []) await storage.lostMailboxRequests.remove(request);
      await storage.accounts.erase(accountId, (standing) =>
        standing.withdrawal?.at === at && isBeingErased(standing) ? { type: 'account.erased' } : undefined,
      );
    },
  };
}

/** If the job that tells the dealer of the withdrawal has failed for good, another one goes on, which does not need the link. */
async function tellWithoutLink({ storage, jobs }: EraseDeps, link: DealerLink): Promise<void> {
  const telling = await storage.jobs.find(withdrawalKey(link));
  if (telling?.state === 'dead') await enqueueWithdrawalOfErased(jobs, link);
}

/** Keeps the consent of a link, and removes the link. */
async function eraseLink({ config, storage, clock }: EraseDeps, link: DealerLink, key: KeyObject): Promise<void> {
  const expires_at = clock() + Math.round(config.withdrawal.consentKeptYears * YEAR_MS);
  await storage.keptConsents.change(
    link.id,
    (standing) => standing ?? { expires_at, sealed: seal(key, link.id, JSON.stringify(consentToKeep(link))) },
  );
  await storage.dealerLinks.erase(link.id, ({ dealer }) => ({ type: 'dealer_link.erased', data: { dealer } }));
}
