// Changes what an account says of its person.
import type { Account, EpochMilliseconds } from '../domain/account.ts';
import type { AccountEventOrType } from '../domain/ledger-events.ts';
import type { Records } from './records.ts';

/**
 * Applies a change to the account that stands, and notes when; again where another write came between.
 * @param event what the ledger calls it, with what else it notes
 * @param change answers `undefined` where there is nothing to write
 * @returns the account as it is now; `undefined` where nothing was written
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
