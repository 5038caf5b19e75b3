// ⑪–⑬: what a client requires, and the account after it was confirmed.
import type { Profile, ProfileKey } from '../../domain/account.ts';
import { confirmClaims } from '../../domain/required-profile.ts';
import type { Deps } from '../../deps.ts';
import { changeAccount } from '../../storage/change-account.ts';

/** Writes what was typed and that it was confirmed for this client, both at once. */
export async function confirmProfile(
  deps: Pick<Deps, 'storage' | 'clock'>,
  accountId: string,
  clientId: string,
  typed: Profile,
  claims: readonly ProfileKey[],
): Promise<void> {
  const event = { type: 'account.profile_confirmed', data: { client_id: clientId, claims: claims.join(' ') } };
  await changeAccount(deps, accountId, event, (account) =>
    confirmClaims({ ...account, profile: { ...account.profile, ...typed } }, clientId, claims, deps.clock()),
  );
}
