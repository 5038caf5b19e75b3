// Puts on its way what a dealer is to be told of a link.
import type { DealerLink } from '../domain/dealer-link.ts';
import type { JobQueue } from './job-queue.ts';

/** One delivery for each consent, so that a renewed one is told again. */
export function deliveryKey({ id, consent }: DealerLink): string {
  return `deliver_dealer_link:${id}:${consent.given_at}`;
}

/** The link, which waits to be delivered. Can be repeated. */
export async function enqueueDelivery(jobs: JobQueue, link: DealerLink): Promise<void> {
  // A link that waits although its delivery was done: an update of it was given up since, and the person wants it tried again.
  await jobs.enqueue('deliver_dealer_link', deliveryKey(link), { link_id: link.id }, { again: true });
}

/**
 * What has changed about the customer of a link. The job tells nobody of a link that does not stand when it runs.
 * @param change names the change: one update for each. Can be repeated
 */
export async function enqueueUpdate(jobs: JobQueue, link: DealerLink, change: string): Promise<void> {
  await jobs.enqueue('update_dealer_link', `update_dealer_link:${link.id}:${change}`, { link_id: link.id });
}

/**
 * The end of the link. Comes before the withdrawal is written, which the job then waits for: whatever a process does in between, no
 * withdrawal stays untold. Can be repeated.
 */
export async function enqueueWithdrawal(jobs: JobQueue, link: DealerLink): Promise<void> {
  await jobs.enqueue('withdraw_dealer_link', `withdraw_dealer_link:${link.id}:${link.consent.given_at}`, { link_id: link.id });
}
