// ⑪–⑬: what a client requires, and the account after it was confirmed.
import type { Account, Profile, ProfileKey } from '../../domain/account.ts';
import { confirmClaims } from '../../domain/required-profile.ts';
import type { Deps } from '../../deps.ts';
import { untilUndisturbed } from '../../storage/until-undisturbed.ts';

/** Writes what was typed and that it was confirmed for this client, both at once. */
export async function confirmProfile(
  { storage, clock }: Pick<Deps, 'storage' | 'clock'>,
  accountId: string,
  clientId: string,
  typed: Profile,
  claims: readonly ProfileKey[],
): Promise<void> {
  await untilUndisturbed(async () => {
    const account = (await storage.accounts.find(accountId)) as Account;
    const now = clock();
    const confirmed = confirmClaims(
      { ...account, profile: { ...account.profile, ...typed }, updated_at: now },
      clientId,
      claims,
      now,
    );
    await storage.accounts.update(confirmed, {
      type: 'account.profile_confirmed',
      subject: accountId,
      data: { client_id: clientId, claims: claims.join(' ') },
      at: now,
    });
  });
}
