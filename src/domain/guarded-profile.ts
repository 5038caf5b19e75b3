// Which changes of a profile need the password and are told by mail: those of what proves who the person is (a birth date guards the
// password's reset), and of where the person is reached. The gender is neither.
import { isDeepStrictEqual } from 'node:util';
import type { Account, EpochMilliseconds } from './account.ts';
import { GUARDED_KEYS, type Profile, type ProfileKey } from './profile-fields.ts';

/** How long after its creation a new ID is still being filled in. */
const NEW_FOR_MS = 24 * 60 * 60 * 1000;

/**
 * What of the profile is guarded and would be another: what was on record and changes or goes; and a birth date where there was none,
 * because from then on a reset asks for it.
 */
export function guardedChanges({ profile, created_at: createdAt }: Account, next: Profile, now: EpochMilliseconds): ProfileKey[] {
  const isNew = now - createdAt < NEW_FOR_MS;
  return GUARDED_KEYS.filter((claim) => {
    if (profile[claim] === undefined) return claim === 'birthdate' && next.birthdate !== undefined && !isNew;
    return !isDeepStrictEqual(profile[claim], next[claim]);
  });
}
