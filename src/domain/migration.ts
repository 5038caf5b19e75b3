// The migration of one legacy identity to one common ID.
import type { Account, EpochMilliseconds } from './account.ts';
import { hasConsent, type DealerLink } from './dealer-link.ts';
import type { LegacyProfile } from './legacy-profile.ts';
import type { Vehicle } from './vehicle.ts';

/** How long a person can undo a finished migration by the link in the mails. */
export const MIGRATION_UNDO_MS = 72 * 60 * 60 * 1000;

/** The dealer that a legacy site names, and the number that the customer has there. */
export type HandedOverDealer = { code: string; customer_number?: string };

/**
 * The migration of a legacy identity. `account_id` is set when the client that handed the identity over redeems its code. Until then there
 * is at most a `candidate`, which a later attempt replaces: someone lured into finishing another person's migration links nothing. What was
 * handed over for the dealer stays in the candidate until then, and no dealer is told of it.
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
    /** As the legacy site handed them over at ⑭. An older version kept them beside the candidate. */
    vehicles?: Vehicle[];
    dealer?: HandedOverDealer;
    /** The address that the legacy site knew: told when the migration is final. */
    email?: string;
    /** The language in which the legacy site sent the person. */
    language?: string;
  };
  account_id?: string;
  completed_at?: EpochMilliseconds;
  /** Random, and new each time the migration becomes final. Older versions did not set it. */
  completion?: string;
  /** When the person last undid it. */
  undone_at?: EpochMilliseconds;
  /** As the legacy site knew them; nothing before the migration is final. */
  vehicles: Vehicle[];
  /** The dealer that the legacy site names; the number only where the migration is final. */
  dealer?: HandedOverDealer;
};

/** What a legacy site knows of a customer, for one dealer. */
export type HandedOver = { customerNumber: string | undefined; vehicles: Vehicle[] };

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

type Proposal = {
  accountId: string;
  codeChallenge: string;
  legacy: Pick<LegacyProfile, 'vehicles' | 'dealer' | 'email'>;
  language: string | undefined;
};

/**
 * Screen ⑭ was reached with this account. A candidate that stands is replaced; a migration that is complete with this account stays as it is.
 * By the PKCE challenge of the authorization request, `codeChallenge`, the redemption finds the migration again.
 */
export function proposeCandidate(
  migration: Migration,
  { accountId, codeChallenge, legacy, language }: Proposal,
  now: EpochMilliseconds,
): MigrationStep {
  if (migration.account_id === accountId) return { ok: true, migration };
  if (migration.account_id !== undefined) return { ok: false, reason: 'linked_to_another_account' };
  const candidate = {
    account_id: accountId,
    code_challenge: codeChallenge,
    at: now,
    vehicles: legacy.vehicles,
    ...(legacy.dealer && { dealer: legacy.dealer }),
    ...(legacy.email !== undefined && { email: legacy.email }),
    ...(language !== undefined && { language }),
  };
  return { ok: true, migration: { ...migration, vehicles: [], candidate } };
}

/**
 * The client redeemed the code: the candidate becomes final, with what was handed over. Done twice it changes nothing. One legacy identity
 * has one account; an account that is not the candidate (a later attempt has taken its place) is refused.
 * @param completion random
 */
export function completeMigration(
  migration: Migration,
  accountId: string,
  completion: string,
  now: EpochMilliseconds,
): MigrationStep {
  if (migration.account_id === accountId) return { ok: true, migration };
  if (migration.account_id !== undefined) return { ok: false, reason: 'linked_to_another_account' };
  const { candidate, ...rest } = migration;
  if (candidate?.account_id !== accountId) return { ok: false, reason: 'not_the_candidate' };
  const { vehicles = migration.vehicles, dealer = migration.dealer } = candidate;
  return {
    ok: true,
    migration: { ...rest, vehicles, ...(dealer && { dealer }), account_id: accountId, completed_at: now, completion },
  };
}

/**
 * The person undid what became final: the legacy identity is free again, and nothing that was handed over is kept. The same object where
 * another completion, or none, stands: a link out of an old mail undoes no later migration.
 */
export function undoMigration(migration: Migration, completion: string, now: EpochMilliseconds): Migration {
  if (migration.completion !== completion) return migration;
  const { account_id: _account, completed_at: _at, completion: _completion, candidate: _candidate, dealer, ...rest } = migration;
  return { ...rest, vehicles: [], ...(dealer && { dealer: { code: dealer.code } }), undone_at: now };
}

/**
 * The legacy site hands the identity over once more. Of a migration that is not final only the dealer's code is noted; the rest comes with
 * the candidate.
 */
export function withHandOver(migration: Migration, { vehicles, dealer }: Pick<LegacyProfile, 'vehicles' | 'dealer'>): Migration {
  if (migration.account_id === undefined) return { ...migration, ...(dealer && { dealer: { code: dealer.code } }) };
  return { ...migration, vehicles, ...(dealer && { dealer }) };
}

/** How many a dealer's system accepts for one customer. */
const MAX_VEHICLES = 50;

/**
 * What a dealer is told of what the legacy sites handed over: every vehicle, and the number of the site that names this dealer, of the
 * newest migration that has one.
 * @param migrations those that are final for the account
 * @param link its `customer_number` is of an older version, whose migrations have none
 */
export function handedOver(migrations: readonly Migration[], link: Pick<DealerLink, 'dealer' | 'customer_number'>): HandedOver {
  const newestLast = migrations.toSorted((a, b) => (a.completed_at ?? 0) - (b.completed_at ?? 0));
  const naming = newestLast.filter(({ dealer }) => dealer?.code === link.dealer);
  const known = naming.findLast(({ dealer }) => dealer?.customer_number !== undefined)?.dealer?.customer_number;
  const vehicles = new Map(newestLast.flatMap((migration) => migration.vehicles.map((vehicle) => [vehicle.vin, vehicle])));
  return {
    customerNumber: known ?? (naming.length > 0 ? link.customer_number : undefined),
    vehicles: [...vehicles.values()].slice(-MAX_VEHICLES),
  };
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
