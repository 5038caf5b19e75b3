// The migration of one legacy identity to one common ID.
import type { Account, EpochMilliseconds } from './account.ts';
import { hasConsent, type DealerLink } from './dealer-link.ts';
import type { LegacyProfile } from './legacy-profile.ts';
import type { Vehicle } from './vehicle.ts';

/** How long a person can undo a finished migration with the link in the mails. */
export const MIGRATION_UNDO_MS = 72 * 60 * 60 * 1000;

/** The dealer that a legacy site names, and the number that the customer has there. */
export type HandedOverDealer = { code: string; customer_number?: string };

/**
 * The migration of a legacy identity. `account_id` is set when the client that handed the identity over redeems its code. Until
 * then there is at most a `candidate`, which a later attempt replaces. So a person who is lured into finishing someone else's
 * migration links nothing. The data for the dealer also stays in the candidate until then and is not sent to any dealer.
 */
export type Migration = {
  client_id: string;
  legacy_id: string;
  version: number;
  /** When the legacy identity was first handed over. */
  started_at: EpochMilliseconds;
  /**
   * The account that reached screen ⑭. It becomes final when the client redeems the code of the request with this PKCE challenge.
   */
  candidate?: {
    account_id: string;
    code_challenge: string;
    at: EpochMilliseconds;
    /** The vehicles that the legacy site handed over. Older versions stored them in the migration itself. */
    vehicles?: Vehicle[];
    dealer?: HandedOverDealer;
    /** The address that the legacy site has. It gets a mail when the migration becomes final. */
    email?: string;
    /** The language in which the legacy site sent the person. */
    language?: string;
  };
  account_id?: string;
  completed_at?: EpochMilliseconds;
  /** A random id, new each time the migration becomes final. Older versions did not set it. */
  completion?: string;
  /** When the person last undid it. */
  undone_at?: EpochMilliseconds;
  /** When the person last ended the ID to which the legacy identity had migrated. */
  withdrawn_at?: EpochMilliseconds;
  /** The vehicles that the legacy site handed over; empty until the migration is final. */
  vehicles: Vehicle[];
  /** The dealer that the legacy site names; without the customer number until the migration is final. */
  dealer?: HandedOverDealer;
};

/** The data of the legacy sites about a customer, for one dealer. */
export type HandedOver = { customerNumber: string | undefined; vehicles: Vehicle[] };

/** A step that a migration still lacks. */
export type MissingStep = 'registration' | 'login' | 'required_profile' | 'dealer_link' | 'return';

/** A migration after a step, or why the step is not possible. */
export type MigrationStep =
  { ok: true; migration: Migration } | { ok: false; reason: 'linked_to_another_account' | 'not_the_candidate' };

/**
 * Makes the migration of a legacy identity that is handed over for the first time. `version` 0 marks a new record for the storage
 * port.
 */
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
 * Makes the account that reached screen ⑭ the candidate and replaces an earlier one. A migration that is already final for this
 * account does not change.
 * @param proposal.codeChallenge the PKCE challenge of the authorization request; the token endpoint finds the migration by it
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
 * Makes the candidate final, with its vehicles and dealer, when the client redeems the code. Idempotent. A legacy identity has
 * one account, so another account is refused, and so is a candidate that a later attempt has replaced.
 * @param completion a random id for this completion
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
 * Frees the legacy identity and drops the data that was handed over. Returns the same object if the migration is not final or has
 * another completion, so that a link in an old mail cannot undo a later migration.
 */
export function undoMigration(migration: Migration, completion: string, now: EpochMilliseconds): Migration {
  if (migration.completion !== completion) return migration;
  const { account_id: _account, completed_at: _at, completion: _completion, candidate: _candidate, dealer, ...rest } = migration;
  return { ...rest, vehicles: [], ...(dealer && { dealer: { code: dealer.code } }), undone_at: now };
}

/**
 * Updates a migration when the legacy site hands the identity over again. Until the migration is final, only the dealer code is
 * stored; the rest is stored with the candidate.
 */
export function withHandOver(migration: Migration, { vehicles, dealer }: Pick<LegacyProfile, 'vehicles' | 'dealer'>): Migration {
  if (migration.account_id === undefined) return { ...migration, ...(dealer && { dealer: { code: dealer.code } }) };
  return { ...migration, vehicles, ...(dealer && { dealer }) };
}

/** How many vehicles a dealer's system accepts for one customer. */
const MAX_VEHICLES = 50;

const newestLast = (migrations: readonly Migration[]): Migration[] =>
  migrations.toSorted((a, b) => (a.completed_at ?? 0) - (b.completed_at ?? 0));

/**
 * Collects the vehicles that the legacy sites handed over. Each vehicle stands in the list once. Clients and dealers get the same list, so
 * that a person can book every vehicle that a client shows.
 * @param migrations the migrations that are final for the account
 */
export function vehiclesOf(migrations: readonly Migration[]): Vehicle[] {
  const vehicles = newestLast(migrations).flatMap((migration) => migration.vehicles);
  return [...new Map(vehicles.map((vehicle) => [vehicle.vin, vehicle])).values()].slice(-MAX_VEHICLES);
}

/**
 * Collects the data of the legacy sites that is sent to a dealer: all vehicles, and the customer number from the newest migration
 * that names this dealer and has a number.
 * @param migrations the migrations that are final for the account
 * @param link older versions stored the customer number in the link and not in the migration
 */
export function handedOver(migrations: readonly Migration[], link: Pick<DealerLink, 'dealer' | 'customer_number'>): HandedOver {
  const naming = newestLast(migrations).filter(({ dealer }) => dealer?.code === link.dealer);
  const known = naming.findLast(({ dealer }) => dealer?.customer_number !== undefined)?.dealer?.customer_number;
  return {
    customerNumber: known ?? (naming.length > 0 ? link.customer_number : undefined),
    vehicles: vehiclesOf(migrations),
  };
}

/**
 * Lists the steps that a migration still lacks, in the order of the flow. If the list is empty, the legacy site can hide its
 * banner. After screen ⑭ only the return to the client is missing. A dealer link is missing if the dealer's system never accepted
 * it, but not if the person declined or withdrew it.
 * @param facts.account the account of the migration or of its candidate; before that, the account that the draft registered, or
 * the one with the address that the draft has proven
 * @param facts.dealerLinks the links of that account
 * @param facts.requiredMissing whether the profile lacks a claim that the client requires; see `missingRequiredClaims`
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
