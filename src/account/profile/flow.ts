// Writes a profile. A change of guarded claims needs the password and always sends the person a mail.
import type { Deps } from '../../deps.ts';
import type { Profile } from '../../domain/account.ts';
import { guardedChanges } from '../../domain/guarded-profile.ts';
import { profileChangedMails } from '../../profile/profile-changed-mails.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';

/**
 * Writes a profile.
 * @param passwordGiven whether the person has just entered the password
 * @returns whether it was written; `false` if it would change a guarded claim without the password
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
