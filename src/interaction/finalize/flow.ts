// ⑭: writes the dealer link and the migration. Every write is idempotent, so that a reload can repeat it.
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import { dealerLinkId, newDealerLink, renew, type DealerConsent, type DealerLink } from '../../domain/dealer-link.ts';
import { proposeCandidate } from '../../domain/migration.ts';
import { draftId } from '../../domain/registration-draft.ts';
import { differenceOf, type Difference } from '../../domain/same-person.ts';
import { enqueueDelivery } from '../../jobs/enqueue-delivery.ts';
import type { StoredLegacyProfile } from '../../storage/storage.ts';

type LinkDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs'>;

/** Finds the link of an account with a dealer. It searches by account, because older links derive their ids differently. */
export async function findDealerLink(
  { storage }: Pick<Deps, 'storage'>,
  accountId: string,
  dealer: string,
): Promise<DealerLink | undefined> {
  return (await storage.dealerLinks.listByAccount(accountId)).find((link) => link.dealer === dealer);
}

/**
 * Writes the consent and enqueues the delivery to the dealer; after that the person may close the browser. The delivery does not
 * include the legacy site's data of this request: the dealer gets it when the migration is complete. The same consent again
 * changes nothing.
 */
export async function writeDealerLink(
  deps: LinkDeps,
  accountId: string,
  choice: { dealer: string; consent: DealerConsent },
): Promise<void> {
  const { storage, clock, jobs, config } = deps;
  const id =
    (await findDealerLink(deps, accountId, choice.dealer))?.id ??
    dealerLinkId(config.keys.dealerLinkId, accountId, choice.dealer);
  const { now: link } = await storage.dealerLinks.change(id, (standing) => ({
    to: standing ? renew(standing, choice.consent, clock()) : newDealerLink({ accountId, ...choice, now: clock() }, config.keys),
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

/**
 * Compares the legacy site's profile with that of the ID.
 * @returns `undefined` if the known values do not differ, if the legacy identity has an ID already, or if this browser registered
 *   the ID from this hand-over, because the person has then seen and corrected the legacy site's values
 */
export async function findDifference(
  { storage }: Pick<Deps, 'storage'>,
  { client_id: clientId, profile: legacy }: StoredLegacyProfile,
  account: Account,
  browserId: string,
): Promise<Difference | undefined> {
  const [migration, draft] = await Promise.all([
    storage.migrations.find(clientId, legacy.legacy_id),
    storage.registrationDrafts.find(draftId(browserId, { clientId, legacyId: legacy.legacy_id })),
  ]);
  const registeredHere = draft?.registered_at !== undefined && draft.account_id === account.id;
  if (registeredHere || migration?.account_id !== undefined) return undefined;
  const difference = differenceOf(legacy.profile, account.profile);
  return difference.name || difference.birthdate ? difference : undefined;
}

/**
 * Makes this account the candidate of the migration. The migration is complete when the client redeems the code of this request.
 * @returns `false` if the legacy identity belongs to another account
 */
export async function proposeMigration(
  { storage, clock }: LinkDeps,
  legacy: StoredLegacyProfile,
  proposal: { accountId: string; codeChallenge: string; language: string | undefined },
): Promise<boolean> {
  let belongs = false;
  await storage.migrations.change(legacy.client_id, legacy.profile.legacy_id, (standing) => {
    const proposed = standing && proposeCandidate(standing, { ...proposal, legacy: legacy.profile }, clock());
    belongs = proposed?.ok ?? false;
    const data = { account_id: proposal.accountId };
    return proposed?.ok ? { to: proposed.migration, type: 'migration.proposed', data } : undefined;
  });
  return belongs;
}
