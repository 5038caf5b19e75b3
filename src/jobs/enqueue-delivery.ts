// Puts the delivery of a dealer link on its way: one for each consent, so that a renewed one is told to the dealer again.
import type { DealerLink } from '../domain/dealer-link.ts';
import type { JobQueue } from './job-queue.ts';

/** Can be repeated: a delivery that is on its way stays one. */
export async function enqueueDelivery(jobs: JobQueue, link: DealerLink): Promise<void> {
  const key = `deliver_dealer_link:${link.id}:${link.status === 'withdrawn' ? 'withdrawn:' : ''}${link.consent.given_at}`;
  await jobs.enqueue('deliver_dealer_link', key, { link_id: link.id });
}
