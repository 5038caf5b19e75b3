// Job that tells a dealer that a customer has withdrawn the consent to their link.
import type { Deps } from '../deps.ts';
import type { DealerBreaker } from './dealer-breaker.ts';
import type { JobPayloads } from './job-queue.ts';
import { PermanentJobError, type JobHandler } from './runner.ts';
import { tellDealer } from './tell-dealer.ts';

type WithdrawDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'keys' | 'traces'>;

/** Creates the handler. The job is enqueued before the withdrawal is written, and is retried until then. */
export function createWithdrawDealerLink(deps: WithdrawDeps, breaker: DealerBreaker): JobHandler {
  const { config, storage } = deps;
  return {
    giveUpAfterMs: config.dealerDelivery.giveUpAfterSeconds * 1000,
    async run(payload, job, signal) {
      const link = await storage.dealerLinks.find(String(payload.link_id));
      const dealer = config.dealers.find(({ code }) => code === link?.dealer);
      if (!link || !dealer) throw new PermanentJobError('the link or the dealer is gone');
      if (link.status !== 'withdrawn') throw new Error('the withdrawal is not written yet');
      await breaker.call(dealer.resource, async () =>
        tellDealer(deps, { method: 'DELETE', call: job.key, link, dealer, signal }),
      );
    },
  };
}

const ERASED_GIVE_UP_AFTER_MS = 90 * 24 * 60 * 60 * 1000;

/**
 * Creates the handler for a link that is erased: the dealer must still learn of the withdrawal. It is retried for 90 days, longer than any
 * outage that the first job waited for.
 */
export function createWithdrawErasedLink(
  deps: Omit<WithdrawDeps, 'storage'>,
  breaker: DealerBreaker,
): JobHandler<JobPayloads['withdraw_erased_link']> {
  return {
    giveUpAfterMs: ERASED_GIVE_UP_AFTER_MS,
    async run({ link_id: id, dealer: code, given_at }, job, signal) {
      const dealer = deps.config.dealers.find((one) => one.code === code);
      if (!dealer) throw new PermanentJobError('the dealer is gone');
      await breaker.call(dealer.resource, async () =>
        tellDealer(deps, { method: 'DELETE', call: job.key, link: { id, consent: { given_at } }, dealer, signal }),
      );
    },
  };
}
