// The migration of one legacy identity to one common ID.
import type { Account, EpochMilliseconds } from './account.ts';
import { hasConsent, type DealerLink } from './dealer-link.ts';
import type { LegacyProfile } from './legacy-profile.ts';
import type { Vehicle } from './vehicle.ts';

/**
 * The migration of a legacy identity. `account_id` is final: it is set once, when the client that handed the identity over
 * redeems its code. Until then there is at most a `candidate`, which a later attempt replaces: someone lured into finishing
 * another person's migration links nothing.
 */
export type Migration = {
  client_id: string;
  legacy_id: string;
  version: number;
  /** When the legacy identity was first handed over. */
  started_at: EpochMilliseconds;
  /** Screen ⑭ was reached with this account; waits for the code of the request with this PKCE challenge to be redeemed. */
  candidate?: {
    account_id: string;
    code_challenge: string;
    at: EpochMilliseconds;
  };
  account_id?: string;
  completed_at?: EpochMilliseconds;
  /** As the legacy site knew them at ⑭; nothing before, because a migration that nobody goes on with is kept too. */
  vehicles: Vehicle[];
  /** The dealer that the legacy site names. */
  dealer?: { code: string };
};

/** What a migration still lacks, in the order in which the person will meet it. */
export type MissingStep = 'registration' | 'login' | 'required_profile' | 'dealer_link' | 'return';

/** A migration after a step, or why the step is not possible. */
export type MigrationStep =
  { ok: true; migration: Migration } | { ok: false; reason: 'linked_to_another_account' | 'not_the_candidate' };

/** The migration of a legacy identity that was handed over for the first time (`version` 0, as the storage port wants a new one). */
export function startMigration(
  clientId: string,
  profile: Pick<LegacyProfile, 'legacy_id' | 'dealer'>,
  now: EpochMilliseconds,
): Migration {
  return {
    client_id: clientId,
    legacy_id: profile.legacy_id,
    version: 0,
    started_at: now,
    vehicles: [],
    ...(profile.dealer && { dealer: { code: profile.dealer.code } }),
  };
}

/**
 * Screen ⑭ was reached with this account. A candidate that stands is replaced; a migration that is complete with this account stays as it is.
 * By the PKCE challenge of the authorization request, `codeChallenge`, the redemption finds the migration again.
 */
export function proposeCandidate(
  migration: Migration,
  { accountId, codeChallenge, vehicles }: { accountId: string; codeChallenge: string; vehicles: Vehicle[] },
  now: EpochMilliseconds,
): MigrationStep {
  if (migration.account_id === accountId) return { ok: true, migration };
  if (migration.account_id !== undefined) return { ok: false, reason: 'linked_to_another_account' };
  const candidate = { account_id: accountId, code_challenge: codeChallenge, at: now };
  return { ok: true, migration: { ...migration, vehicles, candidate } };
}

/**
 * The client redeemed the code: the candidate becomes final. Done twice it changes nothing. One legacy identity has one account, for ever;
 * an account that is not the candidate (a later attempt has taken its place) is refused.
 */
export function completeMigration(migration: Migration, accountId: string, now: EpochMilliseconds): MigrationStep {
  if (migration.account_id === accountId) return { ok: true, migration };
  if (migration.account_id !== undefined) return { ok: false, reason: 'linked_to_another_account' };
  const { candidate, ...rest } = migration;
  if (candidate?.account_id !== accountId) return { ok: false, reason: 'not_the_candidate' };
  return { ok: true, migration: { ...rest, account_id: accountId, completed_at: now } };
}

/**
 * What a migration still lacks, in the order in which the person will meet it; empty when the banner may go. Whoever has reached ⑭ only lacks
 * the way back. A dealer whose system never accepted is to be linked again; one that the person declined or left is not missing.
 * @param facts.account the account of the migration or its candidate; before that, the one that its draft registered, or whose address the
 * draft has proven.
 * @param facts.dealerLinks the links of that account.
 * @param facts.requiredMissing whether the client requires something of the profile that is still to be asked; see `missingRequiredClaims`.
 */
export function missingSteps(facts: {
  migration: Migration | undefined;
  account: Account | undefined;
  dealerLinks: readonly DealerLink[];
  requiredMissing: boolean;
}): MissingStep[] {
  const { migration, account, dealerLinks, requiredMissing } = facts;
  const dealerLink = dealerLinks.find((link) => link.dealer === migration?.dealer?.code);
  // The person may have chosen another dealer than the one that the legacy site names.
  const chosen = dealerLinks.filter((link) => link === dealerLink || (migration && hasConsent(link, migration.client_id)));
  const failed: MissingStep[] = chosen.some(({ status }) => status === 'failed') ? ['dealer_link'] : [];
  if (migration?.account_id !== undefined) return failed;
  if (migration?.candidate) return [...failed, 'return'];

  const steps: [step: MissingStep, missing: boolean][] = [
    ['registration', !account],
    ['dealer_link', migration?.dealer !== undefined && dealerLink?.status !== 'pending' && dealerLink?.status !== 'active'],
    ['login', true],
    ['required_profile', requiredMissing],
    ['return', true],
  ];
  return steps.filter(([, missing]) => missing).map(([step]) => step);
}
