// Names claims for people: on the page that asks for consent, and on マイページ.
import { JOINED_CLAIMS, PROFILE_KEYS, profileField, PROFILE_FIELDS, type ProfileKey } from '../domain/profile-fields.ts';
import type { Translate } from '../http/translator.ts';

/** Returns the names of a scope's profile claims, joined with the separator of the language; empty if the scope has none. */
export function claimsInWords(scope: string, t: Translate): string {
  return inWords(
    PROFILE_KEYS.filter((key) => PROFILE_FIELDS[key].claim.scope === scope),
    t,
  ).join(t('account.separator'));
}

/** Returns the names of single claims, joined in the same way. */
export function singleClaimsInWords(names: readonly string[], t: Translate): string {
  const keys = PROFILE_KEYS.filter((key) => names.some((name) => keysOf(name).includes(key)));
  const others = names.filter((name) => keysOf(name).length === 0);
  const words = [...inWords(keys, t), ...others.map((name) => t(`single_claims.${name}`))].join(t('account.separator'));
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Returns the fields that a claim shows. */
function keysOf(claim: string): readonly ProfileKey[] {
  return JOINED_CLAIMS[claim] ?? PROFILE_KEYS.filter((key) => profileField(key).claim.name === claim);
}

/** Several fields may have one name, such as 氏名. One of them alone has its own. */
function inWords(keys: readonly ProfileKey[], t: Translate): string[] {
  const nameOf = (key: ProfileKey): string => t(`profile_fields.${key}.consent`);
  const words = keys.map((key) => {
    const whole = PROFILE_KEYS.filter((other) => nameOf(other) === nameOf(key)).every((other) => keys.includes(other));
    return whole ? nameOf(key) : t(`profile_fields.${key}.label`);
  });
  return [...new Set(words)];
}
