// ⑭: writes the dealer link and the migration. Every write can be repeated, so a person who comes back finds it done or completes it.
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import { dealerLinkId, newDealerLink, renew, type DealerConsent, type DealerLink } from '../../domain/dealer-link.ts';
import { proposeCandidate } from '../../domain/migration.ts';
import { draftId } from '../../domain/registration-draft.ts';
import { differenceOf, type Difference } from '../../domain/same-person.ts';
import { enqueueDelivery } from '../../jobs/enqueue-delivery.ts';
import type { StoredLegacyProfile } from '../../storage/storage.ts';

type LinkDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs'>;

/** The link between an account and a dealer. Looked up by the account, because older links have ids that were made in another way. */
export async function findDealerLink(
  { storage }: Pick<Deps, 'storage'>,
  accountId: string,
  dealer: string,
): Promise<DealerLink | undefined> {
  return (await storage.dealerLinks.listByAccount(accountId)).find((link) => link.dealer === dealer);
}

/**
 * Records the consent and enqueues the delivery to the dealer. The person may close the browser from here on. The delivery has nothing that
 * the legacy site hands over in this request: the dealer is told of that when the migration is final. The same consent again changes nothing.
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
 * How the person that the legacy site knows differs from the owner of the ID. `undefined` where both agree as far as they are known, where
 * the legacy identity already has an ID, and where the ID was registered in this browser from this hand-over: that person has seen and
 * corrected the site's data.
 */
export async function findDifference(
  { storage }: Pick<Deps, 'storage'>,
  { client_id: clientId, profile: legacy }: StoredLegacyProfile,
  accountId: string,
  browserId: string,
): Promise<{ account: Account; difference: Difference } | undefined> {
  const [account, migration, draft] = await Promise.all([
    storage.accounts.find(accountId),
    storage.migrations.find(clientId, legacy.legacy_id),
    storage.registrationDrafts.find(draftId(browserId, { clientId, legacyId: legacy.legacy_id })),
  ]);
  const registeredHere = draft?.registered_at !== undefined && draft.account_id === accountId;
  if (!account || registeredHere || migration?.account_id !== undefined) return undefined;
  const difference = differenceOf(legacy.profile, account.profile);
  return difference.name || difference.birthdate ? { account, difference } : undefined;
}

/**
 * Records that ⑭ was reached with this account. It is final when the client redeems the code of this request.
 * @returns whether the legacy identity may belong to this account; `false` where it belongs to another one
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
