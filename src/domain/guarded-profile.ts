// Which changes of a profile need the password, and are told by mail: a birth date guards the password's reset, and at an address or a phone
// number somebody else would be reached.
import { isDeepStrictEqual } from 'node:util';
import type { Account, EpochMilliseconds, Profile, ProfileKey } from './account.ts';

/** Everything but the gender, which neither guards anything nor leads anywhere. */
const GUARDED = [
  'family_name',
  'given_name',
  'family_name_kana',
  'given_name_kana',
  'birthdate',
  'phone_number',
  'address',
] as const satisfies ProfileKey[];

/** How long after its creation a new ID is still being filled in. */
const NEW_FOR_MS = 24 * 60 * 60 * 1000;

/**
 * What of the profile is guarded and would be another: what was on record and changes or goes; and a birth date where there was none,
 * because from then on a reset asks for it.
 */
export function guardedChanges({ profile, created_at: createdAt }: Account, next: Profile, now: EpochMilliseconds): ProfileKey[] {
  const isNew = now - createdAt < NEW_FOR_MS;
  return GUARDED.filter((claim) => {
    if (profile[claim] === undefined) return claim === 'birthdate' && next.birthdate !== undefined && !isNew;
    return !isDeepStrictEqual(profile[claim], next[claim]);
  });
}
