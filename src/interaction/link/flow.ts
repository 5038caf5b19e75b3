// ⑭: writes the dealer link and the migration. Every write can be repeated: whoever comes back finds it done or does it.
import type { Deps } from '../../deps.ts';
import {
  dealerLinkId,
  newDealerLink,
  renewed,
  withHandOver,
  type DealerConsent,
  type DealerLink,
  type HandedOver,
} from '../../domain/dealer-link.ts';
import { proposeCandidate } from '../../domain/migration.ts';
import { enqueueDelivery } from '../../jobs/enqueue-delivery.ts';
import { AlreadyExists, VersionConflict, type StoredLegacyProfile } from '../../storage/storage.ts';
import { untilUndisturbed } from '../../storage/until-undisturbed.ts';

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
): Promise<DealerLink> {
  const link = await untilUndisturbed(async () => {
    const standing = await storage.dealerLinks.find(dealerLinkId(accountId, choice.dealer));
    const event = {
      type: 'dealer_link.consented',
      subject: dealerLinkId(accountId, choice.dealer),
      data: {
        dealer: choice.dealer,
        client_id: choice.consent.client_id,
        text_version: choice.consent.text.version,
        text_sha256: choice.consent.text.sha256,
      },
      at: clock(),
    };
    if (standing) {
      const next = withHandOver(renewed(standing, choice.consent, clock()), handedOver, clock());
      return next === standing ? standing : storage.dealerLinks.update(next, event);
    }
    const link = newDealerLink({ accountId, ...choice, ...handedOver, now: clock() });
    await storage.dealerLinks.create(link, event).catch((error: unknown) => {
      // Another tab made it since we looked.
      throw error instanceof AlreadyExists ? new VersionConflict() : error;
    });
    return link;
  });
  if (link.status === 'pending') await enqueueDelivery(jobs, link);
  return link;
}

/** Has the dealer told of what the legacy site hands over, where the link was made before and elsewhere; nothing where there is none. */
export async function tellOfHandOver(
  { storage, clock, jobs }: LinkDeps,
  accountId: string,
  dealer: string,
  handedOver: HandedOver,
): Promise<void> {
  const id = dealerLinkId(accountId, dealer);
  const link = await untilUndisturbed(async () => {
    const standing = await storage.dealerLinks.find(id);
    const next = standing && withHandOver(standing, handedOver, clock());
    if (!next || next === standing) return standing;
    return storage.dealerLinks.update(next, { type: 'dealer_link.handed_over', subject: id, data: { dealer }, at: clock() });
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
  return untilUndisturbed(async () => {
    const migration = await storage.migrations.find(legacy.client_id, legacy.profile.legacy_id);
    if (!migration) return false;
    const { vehicles } = legacy.profile;
    const proposed = proposeCandidate(migration, { accountId, codeChallenge, vehicles }, clock());
    if (!proposed.ok) return false;
    if (proposed.migration === migration) return true;
    await storage.migrations.put(proposed.migration, {
      type: 'migration.proposed',
      subject: `${legacy.client_id}:${legacy.profile.legacy_id}`,
      data: { account_id: accountId },
      at: clock(),
    });
    return true;
  });
}
