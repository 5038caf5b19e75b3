// Renews the lease of a running job. If the process dies, the lease expires and another process takes the job.

/**
 * How long a job of a dead process stays leased. Not shorter, because the nodes' clocks may differ by half a minute, and a lease
 * expires earlier for a node whose clock is ahead.
 */
export const LEASE_MS = 60_000;
const RENEW_EVERY_MS = 15_000;
/** A job that hangs for this long is given to another process. */
const NO_LONGER_THAN_MS = 10 * 60_000;

/**
 * Renews a lease until it is stopped. A slow mail server can take longer than a lease, and its mail must not be sent twice.
 * @param renew restarts the lease from now; never throws
 * @returns a function that stops renewing
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
