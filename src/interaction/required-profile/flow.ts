// ⑪–⑬: writes the profile that a client requires, and its confirmation.
import { signInsStand, type Account, type Profile, type ProfileKey } from '../../domain/account.ts';
import { guardedChanges } from '../../domain/guarded-profile.ts';
import { confirmClaims } from '../../domain/required-profile.ts';
import type { Deps } from '../../deps.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';
import { profileChangedMails } from '../../profile/profile-changed-mails.ts';

/** Whether the typed values would change a guarded field, which needs the password. */
export const changesGuarded = (account: Account, typed: Profile, now: number): boolean =>
  guardedChanges(account, { ...account.profile, ...typed }, now).length > 0;

/**
 * Writes the typed values and their confirmation for this client, in one write.
 * @param account as it was when its session was checked
 * @param passwordGiven whether the person has just given the password
 * @returns `false` if nothing was written, because a guarded field would change without the password, or with one that was replaced since
 */
export async function confirmProfile(
  deps: Pick<Deps, 'storage' | 'clock' | 'jobs' | 'config'>,
  account: Account,
  clientId: string,
  typed: Profile,
  claims: readonly ProfileKey[],
  passwordGiven: boolean,
): Promise<boolean> {
  const event = { type: 'account.profile_confirmed' as const, data: { client_id: clientId, claims: claims.join(' ') } };
  const changed = await changeAndTell(deps, account.id, event, (standing) => {
    const profile = { ...standing.profile, ...typed };
    const guarded = guardedChanges(standing, profile, deps.clock());
    if (guarded.length && !(passwordGiven && signInsStand(account, standing))) return undefined;
    const to = confirmClaims({ ...standing, profile }, clientId, claims, deps.clock());
    return { to, mails: profileChangedMails(deps, standing, guarded) };
  });
  return changed !== undefined;
}
