// 退会: a person ends the ID. It can be taken back for some days; then it is erased.
import { withSignInsEnded, type Account, type EpochMilliseconds } from './account.ts';
import type { DealerConsent, DealerLink } from './dealer-link.ts';
import type { Migration } from './migration.ts';

/**
 * Marks the account as withdrawn, and ends every sign-in.
 * @param at the time of the withdrawal, which also identifies it
 */
export function withdrawAccount(account: Account, at: EpochMilliseconds, eraseAt: EpochMilliseconds): Account {
  return { ...withSignInsEnded(account, at), withdrawal: { at, erase_at: eraseAt } };
}

/**
 * Takes the withdrawal back. Sessions, services and links that have ended stay ended. Returns the same object if there is no withdrawal, if
 * the erasure has begun, or if an operator has disabled the account.
 */
export function takeWithdrawalBack(account: Account): Account {
  const { withdrawal, ...rest } = account;
  return withdrawal === undefined || account.disabled_at !== undefined ? account : rest;
}

/**
 * Begins the erasure: nobody can sign in or take the withdrawal back any more. Returns the same object if there is another withdrawal or none,
 * if its time is not over, or if the erasure has begun.
 */
export function beginErasure(account: Account, at: EpochMilliseconds, now: EpochMilliseconds): Account {
  const { disabled_by: _by, ...rest } = account;
  if (account.withdrawal?.at !== at || now < account.withdrawal.erase_at || isBeingErased(account)) return account;
  return { ...rest, disabled_at: now };
}

/**
 * Ends the ID for good, by order of an operator: the erasure begins now and cannot be taken back. Returns `undefined` if it has begun.
 * @param at identifies the withdrawal, where the person has not ended the ID before
 */
export function orderErasure(account: Account, at: EpochMilliseconds, now: EpochMilliseconds): Account | undefined {
  if (isBeingErased(account)) return undefined;
  const { disabled_by: _by, ...rest } = withSignInsEnded(account, now);
  const withdrawal = { at: account.withdrawal?.at ?? at, erase_at: now };
  return { ...rest, withdrawal, disabled_at: now };
}

/** Whether the erasure has begun. */
export function isBeingErased({ withdrawal, disabled_at, disabled_by }: Account): boolean {
  return withdrawal !== undefined && disabled_at !== undefined && disabled_by === undefined;
}

/**
 * Frees the legacy identity of a withdrawn account and drops the data that was handed over, also of an account that is only the
 * candidate. Returns the same object if the migration belongs to another account.
 */
export function withdrawMigration(migration: Migration, accountId: string, now: EpochMilliseconds): Migration {
  const { account_id, completed_at: _at, completion: _completion, candidate, dealer, ...rest } = migration;
  const owner = account_id ?? candidate?.account_id;
  if (owner !== accountId) return migration;
  return { ...rest, vehicles: [], ...(dealer && { dealer: { code: dealer.code } }), undone_at: now, withdrawn_at: now };
}

/** The parts of a dealer link that prove a consent. They contain no name and no address. */
export type KeptConsent = {
  account_id: string;
  dealer: string;
  /** The identifier by which the dealer knows the customer. */
  customer: string | undefined;
  consents: DealerConsent[];
  withdrawn_at: EpochMilliseconds | undefined;
};

/** Returns what must be kept of a link when its account is erased. */
export function consentToKeep({ account_id, dealer, customer, consent, other_consents, withdrawn_at }: DealerLink): KeptConsent {
  return { account_id, dealer, customer, consents: [consent, ...(other_consents ?? [])], withdrawn_at };
}
