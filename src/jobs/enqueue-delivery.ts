// Enqueues the jobs that tell a dealer about a link.
import { isLive, type DealerLink } from '../domain/dealer-link.ts';
import type { JobQueue } from './job-queue.ts';

/** Returns the job key of a delivery. It differs for each consent, so that a renewed consent is delivered again. */
export function deliveryKey({ id, consent }: DealerLink): string {
  return `deliver_dealer_link:${id}:${consent.given_at}`;
}

/** Enqueues the delivery of a pending link. Idempotent. */
export async function enqueueDelivery(jobs: JobQueue, link: DealerLink): Promise<void> {
  // `again`: a link may be pending although its delivery was done, if a later update failed and the person retries it.
  await jobs.enqueue('deliver_dealer_link', deliveryKey(link), { link_id: link.id }, { again: true });
}

/**
 * Enqueues an update of a link's customer data. The job does nothing if the link is not live when it runs. Idempotent.
 * @param change identifies the change; each change has one update
 */
export async function enqueueUpdate(jobs: JobQueue, link: DealerLink, change: string): Promise<void> {
  await jobs.enqueue('update_dealer_link', `update_dealer_link:${link.id}:${change}`, { link_id: link.id });
}

/**
 * Enqueues an update of a link that an older version delivered. That version did not tell the dealer what was handed over before the link
 * was made. Call it when a client uses the link. Does nothing for other links. Idempotent.
 */
export async function enqueueMissedHandOver(jobs: JobQueue, link: DealerLink): Promise<void> {
  // Since the version that tells dealers everything, each new link has `customer`.
  if (link.customer === undefined && isLive(link)) await enqueueUpdate(jobs, link, 'missed_hand_over');
}

/** Returns the job key of a withdrawal. */
export function withdrawalKey({ id, consent }: DealerLink): string {
  return `withdraw_dealer_link:${id}:${consent.given_at}`;
}

/**
 * Enqueues the withdrawal of a link. Call it before writing the withdrawal; the job waits for that write. So the dealer learns of every
 * withdrawal even if the process dies in between. Idempotent.
 */
export async function enqueueWithdrawal(jobs: JobQueue, link: DealerLink): Promise<void> {
  await jobs.enqueue('withdraw_dealer_link', withdrawalKey(link), { link_id: link.id });
}

/** Enqueues the withdrawal of a link that is about to be erased, and whose other job has failed for good. Idempotent. */
export async function enqueueWithdrawalOfErased(jobs: JobQueue, { id, dealer, consent }: DealerLink): Promise<void> {
  const payload = { link_id: id, dealer, given_at: consent.given_at };
  await jobs.enqueue('withdraw_erased_link', `withdraw_erased_link:${id}:${consent.given_at}`, payload);
}
