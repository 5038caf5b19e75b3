// Writes a change of an account whatever somebody else writes meanwhile.
import type { Deps } from '../deps.ts';
import type { Account } from '../domain/account.ts';
import { untilUndisturbed } from '../storage/until-undisturbed.ts';

/**
 * Reads the account, applies the change, and writes it with an event in the ledger; again where another write came between.
 * @param change answers `undefined` where there is nothing to write
 * @returns the account as it is now; `undefined` where nothing was written
 */
export async function changeAccount(
  { storage, clock }: Pick<Deps, 'storage' | 'clock'>,
  accountId: string,
  type: string,
  change: (account: Account) => Account | undefined,
): Promise<Account | undefined> {
  return untilUndisturbed(async () => {
    const account = await storage.accounts.find(accountId);
    const changed = account && change(account);
    if (!changed) return undefined;
    const now = clock();
    const event = { type, subject: accountId, data: {}, at: now };
    return storage.accounts.update({ ...changed, updated_at: now }, event);
  });
}
