// Withdraws the consent to a dealer link, or delivers a failed link again.
import type { Deps } from '../../deps.ts';
import { renew, withdraw, type DealerLink } from '../../domain/dealer-link.ts';
import { enqueueDelivery, enqueueWithdrawal } from '../../jobs/enqueue-delivery.ts';
import type { AccountAccess } from '../../oidc/sessions/account-access.ts';

type LinkDeps = Pick<Deps, 'storage' | 'clock' | 'jobs'>;

/** Finds a link by its id, if it belongs to this account. */
export async function findOwnLink(
  { storage }: Pick<Deps, 'storage'>,
  accountId: string,
  id: string,
): Promise<DealerLink | undefined> {
  const link = await storage.dealerLinks.find(id);
  return link?.account_id === accountId ? link : undefined;
}

/** Withdraws the link, ends the tokens that depend on it, and notifies the dealer. Idempotent. */
export async function withdrawLink(deps: LinkDeps, access: AccountAccess, link: DealerLink): Promise<void> {
  await enqueueWithdrawal(deps.jobs, link);
  await change(deps, link, 'dealer_link.withdrawn', withdraw);
  await access.endDealerLink(link.account_id, link.id);
}

/** Delivers a link again that failed because the dealer's system did not answer in time. The consent is still valid. */
export async function retryLink(deps: LinkDeps, link: DealerLink): Promise<void> {
  const pending = await change(deps, link, 'dealer_link.retried', (standing, now) =>
    standing.status === 'failed' ? renew(standing, standing.consent, now) : standing,
  );
  if (pending?.status === 'pending') await enqueueDelivery(deps.jobs, pending);
}

/** Changes a link, retrying if a job writes it at the same time. Returns the current link. */
async function change(
  { storage, clock }: LinkDeps,
  { id, dealer }: DealerLink,
  type: 'dealer_link.withdrawn' | 'dealer_link.retried',
  to: (link: DealerLink, now: number) => DealerLink,
): Promise<DealerLink | undefined> {
  const { now } = await storage.dealerLinks.change(id, (standing) => {
    const next = standing && to(standing, clock());
    return next && { to: next, type, data: { dealer } };
  });
  return now;
}
