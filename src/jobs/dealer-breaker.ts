// Spares a dealer's system that is down, and everybody who waits behind it: after some failures in a row it is not called for a while, then
// one job tries for all. Each process finds out by itself.
import { randomInt } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { PostponeJob } from './runner.ts';
import { DealerRefused } from './tell-dealer.ts';

export const FAILURES_IN_A_ROW = 10;
const OPEN_MS = 30_000;

export type DealerBreaker = {
  /** Calls the dealer at this address. @throws {PostponeJob} without a call, while the dealer is spared; else what the call throws */
  call(address: string, call: () => Promise<void>): Promise<void>;
};

/** @param openMs how long a dealer that fails is not called */
export function createDealerBreaker({ clock, log }: Pick<Deps, 'clock' | 'log'>, openMs = OPEN_MS): DealerBreaker {
  const dealers = new Map<string, { failures: number; openUntil: number }>();

  return {
    async call(address, call) {
      const dealer = dealers.get(address) ?? { failures: 0, openUntil: 0 };
      dealers.set(address, dealer);
      if (dealer.failures >= FAILURES_IN_A_ROW) {
        // Jobs that wait together do not come back together.
        if (clock() < dealer.openUntil)
          throw new PostponeJob(dealer.openUntil + randomInt(openMs), 'the dealer is not called for a while');
        // This one tries; the others go on waiting until it knows.
        dealer.openUntil = clock() + openMs;
      }
      const answers = (): void => {
        if (dealer.failures >= FAILURES_IN_A_ROW) log.info({ dealer: address }, 'the dealer answers again');
        dealer.failures = 0;
      };
      try {
        await call();
        answers();
      } catch (error) {
        if (error instanceof DealerRefused) answers();
        else {
          dealer.failures += 1;
          dealer.openUntil = clock() + openMs;
          if (dealer.failures === FAILURES_IN_A_ROW)
            log.warn({ dealer: address }, 'the dealer fails; it is not called for a while');
        }
        throw error;
      }
    },
  };
}
