// Writes a profile; what guards the ID only where the password was given, and never without telling the person.
import type { Deps } from '../../deps.ts';
import type { Profile } from '../../domain/account.ts';
import { guardedChanges } from '../../domain/guarded-profile.ts';
import { profileChangedMails } from '../../profile/profile-changed-mails.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';

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
  const changed = await changeAndTell(deps, accountId, 'account.profile_changed', (account) => {
    const guarded = guardedChanges(account, profile, deps.clock());
    if (guarded.length && !passwordGiven) return undefined;
    return { to: { ...account, profile }, mails: profileChangedMails(deps, account, guarded) };
  });
  return changed !== undefined;
}
