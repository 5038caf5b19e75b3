// A circuit breaker for the systems of dealers and clients. After several failures in a row, a system is not called for a while, so that it can
// recover and jobs do not wait for it. Then one job tries it. Each process has its own breaker.
import { randomInt } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { PostponeJob } from './runner.ts';
import { DealerRefused } from './tell-dealer.ts';

export const FAILURES_IN_A_ROW = 10;
const OPEN_MS = 30_000;

export type DealerBreaker = {
  /**
   * Calls the system at this address.
   * @throws {PostponeJob} without a call, while the breaker is open; otherwise the call's error
   */
  call(address: string, call: () => Promise<void>): Promise<void>;
};

export type DealerHealth = {
  /** Whether the system is called; `false` after several failures in a row, until a call succeeds. */
  isCalled(address: string): boolean;
};

/**
 * Creates a breaker of this process.
 * @param openMs how long a failing system is not called, in milliseconds
 * @param whose the owner of the systems, for the log
 */
export function createDealerBreaker(
  { clock, log }: Pick<Deps, 'clock' | 'log'>,
  openMs = OPEN_MS,
  whose: 'dealer' | 'client' = 'dealer',
): DealerBreaker & DealerHealth {
  const dealers = new Map<string, { failures: number; openUntil: number }>();

  return {
    isCalled: (address) => (dealers.get(address)?.failures ?? 0) < FAILURES_IN_A_ROW,
    async call(address, call) {
      const dealer = dealers.get(address) ?? { failures: 0, openUntil: 0 };
      dealers.set(address, dealer);
      if (dealer.failures >= FAILURES_IN_A_ROW) {
        // Spreads the postponed jobs over time.
        if (clock() < dealer.openUntil)
          throw new PostponeJob(dealer.openUntil + randomInt(openMs), `the ${whose} keeps failing and is not called for a while`);
        // This job tries the dealer; the others wait for its result.
        dealer.openUntil = clock() + openMs;
      }
      const answers = (): void => {
        if (dealer.failures >= FAILURES_IN_A_ROW) log.info({ [whose]: address }, `the ${whose} answers again`);
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
            log.warn({ [whose]: address }, `the ${whose} keeps failing and is not called for a while`);
        }
        throw error;
      }
    },
  };
}
