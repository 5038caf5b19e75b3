// Keeps a job for whoever works on it: renews its lease, which ends by itself where the process dies.

/**
 * Whoever died with a job keeps it from others for so long. Not shorter: nodes' clocks may be half a minute apart, and to one that is
 * ahead a lease ends so much sooner.
 */
export const LEASE_MS = 60_000;
const RENEW_EVERY_MS = 15_000;
/** What hangs is then tried by somebody else. */
const NO_LONGER_THAN_MS = 10 * 60_000;

/**
 * A mail server may take its time over each of a dozen answers, and mails wait for each other: longer than a lease, and the mail is not to
 * be sent twice.
 * @param renew makes the lease last from now on; never throws
 * @returns what ends it
 */
export function keepLease(renew: () => Promise<unknown>, everyMs = RENEW_EVERY_MS): () => Promise<void> {
  let renewing: Promise<unknown> = Promise.resolve();
  const last = performance.now() + NO_LONGER_THAN_MS;
  const timer = setInterval(() => {
    if (performance.now() > last) clearInterval(timer);
    else renewing = renew();
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await renewing;
  };
}
