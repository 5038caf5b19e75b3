// ⑭: writes the dealer link and the migration. Every write can be repeated: whoever comes back finds it done or does it.
import type { Deps } from '../../deps.ts';
import {
  dealerLinkId,
  newDealerLink,
  renewed,
  withHandOver,
  type DealerConsent,
  type HandedOver,
} from '../../domain/dealer-link.ts';
import { proposeCandidate } from '../../domain/migration.ts';
import { enqueueDelivery } from '../../jobs/enqueue-delivery.ts';
import type { StoredLegacyProfile } from '../../storage/storage.ts';

type LinkDeps = Pick<Deps, 'storage' | 'clock' | 'jobs'>;

/**
 * Writes the consent down and puts the delivery to the dealer on its way; the person may close the browser from here on.
 * Pressed again with the same consent nothing changes.
 */
export async function writeDealerLink(
  { storage, clock, jobs }: LinkDeps,
  accountId: string,
  choice: { dealer: string; consent: DealerConsent },
  handedOver: HandedOver,
): Promise<void> {
  const { now: link } = await storage.dealerLinks.change(dealerLinkId(accountId, choice.dealer), (standing) => ({
    to: standing
      ? withHandOver(renewed(standing, choice.consent, clock()), handedOver, clock())
      : newDealerLink({ accountId, ...choice, ...handedOver, now: clock() }),
    type: 'dealer_link.consented',
    data: {
      dealer: choice.dealer,
      client_id: choice.consent.client_id,
      text_version: choice.consent.text.version,
      text_sha256: choice.consent.text.sha256,
    },
  }));
  if (link?.status === 'pending') await enqueueDelivery(jobs, link);
}

/** Has the dealer told of what the legacy site hands over, where the link was made before and elsewhere; nothing where there is none. */
export async function tellOfHandOver(
  { storage, clock, jobs }: LinkDeps,
  accountId: string,
  dealer: string,
  handedOver: HandedOver,
): Promise<void> {
  const { now: link } = await storage.dealerLinks.change(dealerLinkId(accountId, dealer), (standing) => {
    const next = standing && withHandOver(standing, handedOver, clock());
    return next && { to: next, type: 'dealer_link.handed_over', data: { dealer } };
  });
  if (link?.status === 'pending') await enqueueDelivery(jobs, link);
}

/**
 * Notes that ⑭ was reached with this account; final when the client redeems the code of this request.
 * @returns whether the legacy identity may become this account's: `false` where it is another one's
 */
export async function proposeMigration(
  { storage, clock }: LinkDeps,
  legacy: StoredLegacyProfile,
  accountId: string,
  codeChallenge: string,
): Promise<boolean> {
  const { legacy_id: legacyId, vehicles } = legacy.profile;
  let belongs = false;
  await storage.migrations.change(legacy.client_id, legacyId, (standing) => {
    const proposed = standing && proposeCandidate(standing, { accountId, codeChallenge, vehicles }, clock());
    belongs = proposed?.ok ?? false;
    return proposed?.ok ? { to: proposed.migration, type: 'migration.proposed', data: { account_id: accountId } } : undefined;
  });
  return belongs;
}
