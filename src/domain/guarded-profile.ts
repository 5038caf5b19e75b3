// Finds the profile changes that need the password and send a mail: changes of values that prove who the person is (a password
// reset asks for the birth date), and of values by which the person is reached. The gender is neither.
import { isDeepStrictEqual } from 'node:util';
import type { Account, EpochMilliseconds } from './account.ts';
import { GUARDED_KEYS, type Profile, type ProfileKey } from './profile-fields.ts';

/** How long after its creation an ID counts as new. The person is then still completing the profile. */
const NEW_FOR_MS = 24 * 60 * 60 * 1000;

/**
 * Lists the guarded values that the new profile changes or removes. A first birth date counts too, because password resets check
 * it from then on, unless the ID is new.
 */
export function guardedChanges({ profile, created_at: createdAt }: Account, next: Profile, now: EpochMilliseconds): ProfileKey[] {
  const isNew = now - createdAt < NEW_FOR_MS;
  return GUARDED_KEYS.filter((claim) => {
    if (profile[claim] === undefined) return claim === 'birthdate' && next.birthdate !== undefined && !isNew;
    return !isDeepStrictEqual(profile[claim], next[claim]);
  });
}
