// Takes the consent to a dealer link back, or has one that failed delivered again.
import type { Deps } from '../../deps.ts';
import { renew, withdraw, type DealerLink } from '../../domain/dealer-link.ts';
import { enqueueDelivery, enqueueWithdrawal } from '../../jobs/enqueue-delivery.ts';
import type { AccountAccess } from '../../oidc/sessions/account-access.ts';

type LinkDeps = Pick<Deps, 'storage' | 'clock' | 'jobs'>;

/** The link, where it is this account's. */
export async function findOwnLink(
  { storage }: Pick<Deps, 'storage'>,
  accountId: string,
  id: string,
): Promise<DealerLink | undefined> {
  const link = await storage.dealerLinks.find(id);
  return link?.account_id === accountId ? link : undefined;
}

/** Writes the withdrawal down, ends the tokens that stand on the link, and has the dealer told. Can be repeated. */
export async function withdrawLink(deps: LinkDeps, access: AccountAccess, link: DealerLink): Promise<void> {
  await enqueueWithdrawal(deps.jobs, link);
  await change(deps, link, 'dealer_link.withdrawn', withdraw);
  await access.endDealerLink(link.account_id, link.id);
}

/** The dealer's system did not answer for so long that the link was given up: the consent stands, and is delivered again. */
export async function retryLink(deps: LinkDeps, link: DealerLink): Promise<void> {
  const pending = await change(deps, link, 'dealer_link.retried', (standing, now) =>
    standing.status === 'failed' ? renew(standing, standing.consent, now) : standing,
  );
  if (pending?.status === 'pending') await enqueueDelivery(deps.jobs, pending);
}

/** Writes the next state of a link whatever a job writes meanwhile; answers how it stands. */
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
