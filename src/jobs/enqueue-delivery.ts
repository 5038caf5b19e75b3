// Puts on its way what a dealer is to be told of a link.
import { createHash } from 'node:crypto';
import { toldOf, type DealerLink } from '../domain/dealer-link.ts';
import type { JobQueue } from './job-queue.ts';

/** One delivery for each consent and hand-over, so that a renewed one is told again. */
export function deliveryKey(link: DealerLink): string {
  return `deliver_dealer_link:${link.id}:${createHash('sha256').update(toldOf(link)).digest('base64url')}`;
}

/** The link. Can be repeated. */
export async function enqueueDelivery(jobs: JobQueue, link: DealerLink): Promise<void> {
  await jobs.enqueue('deliver_dealer_link', deliveryKey(link), { link_id: link.id });
}

/**
 * The end of the link. Comes before the withdrawal is written, which the job then waits for: whatever a process does in between, no
 * withdrawal stays untold. Can be repeated.
 */
export async function enqueueWithdrawal(jobs: JobQueue, link: DealerLink): Promise<void> {
  await jobs.enqueue('withdraw_dealer_link', `withdraw_dealer_link:${link.id}:${link.consent.given_at}`, { link_id: link.id });
}
