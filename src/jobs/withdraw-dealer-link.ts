// Job that tells a dealer that a customer has withdrawn the consent to their link.
import type { Deps } from '../deps.ts';
import type { DealerBreaker } from './dealer-breaker.ts';
import { PermanentJobError, type JobHandler } from './runner.ts';
import { tellDealer } from './tell-dealer.ts';

type WithdrawDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'keys'>;

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
