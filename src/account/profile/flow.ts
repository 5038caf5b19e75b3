// Writes a profile; what guards the ID only where the password was given, and never without telling the person.
import type { Deps } from '../../deps.ts';
import type { Profile, ProfileKey } from '../../domain/account.ts';
import { guardedChanges } from '../../domain/guarded-profile.ts';
import { changeAccount } from '../../storage/change-account.ts';
import { tellProfileChanged } from '../../interaction/tell-profile-changed.ts';

/**
 * @param passwordGiven whether the person has just shown the password
 * @returns whether it was written: not where it would change something guarded, and the password was not given
 */
export async function changeProfile(
  deps: Pick<Deps, 'storage' | 'clock' | 'jobs' | 'config'>,
  accountId: string,
  profile: Profile,
  passwordGiven: boolean,
): Promise<boolean> {
  let guarded: ProfileKey[] = [];
  const changed = await changeAccount(deps, accountId, 'account.profile_changed', (account) => {
    guarded = guardedChanges(account, profile, deps.clock());
    return guarded.length === 0 || passwordGiven ? { ...account, profile } : undefined;
  });
  if (changed) await tellProfileChanged(deps, changed, guarded);
  return changed !== undefined;
}
