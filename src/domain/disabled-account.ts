// An account that an operator has disabled: nobody can sign in with it until an operator enables it again. The erasure also sets `disabled_at`, so
// each check of `disabled_at` refuses both. `disabled_by` tells them apart.
import { withSignInsEnded, type Account, type EpochMilliseconds } from './account.ts';

/** Whether an operator has disabled the account. */
export function isDisabledByOperator({ disabled_by: by }: Pick<Account, 'disabled_by'>): boolean {
  return by === 'operator';
}

/**
 * Disables the account and ends every sign-in. A wish for another address or login number ends, too: the person who made it may be the
 * reason why the account is disabled. Returns `undefined` if the account is disabled or being erased.
 */
export function disableAccount(account: Account, now: EpochMilliseconds): Account | undefined {
  if (account.disabled_at !== undefined) return undefined;
  const { email_change: _address, phone_change: _number, ...rest } = withSignInsEnded(account, now);
  return { ...rest, disabled_at: now, disabled_by: 'operator' };
}

/** Enables the account again. Everything that has ended stays ended. Returns `undefined` if no operator has disabled it. */
export function enableAccount(account: Account): Account | undefined {
  if (!isDisabledByOperator(account)) return undefined;
  const { disabled_at: _at, disabled_by: _by, ...rest } = account;
  return rest;
}
