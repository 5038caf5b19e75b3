// Writes a profile. A change of guarded claims needs the password and always sends the person a mail.
import type { Deps } from '../../deps.ts';
import { signInsStand, type Account } from '../../domain/account.ts';
import type { Profile } from '../../domain/account.ts';
import { guardedChanges } from '../../domain/guarded-profile.ts';
import { profileChangedMails } from '../../profile/profile-changed-mails.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';

/**
 * Writes a profile.
 * @param account as it was when its session was checked
 * @param passwordGiven whether the person has just entered the password
 * @returns whether it was written; `false` if it would change a guarded claim without the password, or with one that was replaced since
 */
export async function changeProfile(
  deps: Pick<Deps, 'storage' | 'clock' | 'jobs' | 'config'>,
  account: Account,
  profile: Profile,
  passwordGiven: boolean,
): Promise<boolean> {
  const changed = await changeAndTell(deps, account.id, 'account.profile_changed', (standing) => {
    const guarded = guardedChanges(standing, profile, deps.clock());
    if (guarded.length && !(passwordGiven && signInsStand(account, standing))) return undefined;
    return { to: { ...standing, profile }, mails: profileChangedMails(deps, standing, guarded) };
  });
  return changed !== undefined;
}
