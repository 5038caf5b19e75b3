// Changes an account.
import type { Account, EpochMilliseconds } from '../domain/account.ts';
import type { AccountEventOrType } from '../domain/ledger-events.ts';
import type { Records } from './records.ts';

/**
 * Applies a change to the stored account and sets its time of change. Repeats it after a conflict with another write.
 * @param event the event for the ledger
 * @param change returns `undefined` if there is nothing to write
 * @returns the changed account; `undefined` if nothing was written
 */
export async function changeAccount(
  { storage, clock }: { storage: Pick<Records, 'accounts'>; clock: () => EpochMilliseconds },
  accountId: string,
  event: AccountEventOrType,
  change: (account: Account) => Account | undefined,
): Promise<Account | undefined> {
  const outcome = await storage.accounts.change(accountId, (standing) => {
    const to = change(standing);
    return to && { ...(typeof event === 'string' ? { type: event } : event), to: { ...to, updated_at: clock() } };
  });
  return outcome.changed ? outcome.now : undefined;
}
