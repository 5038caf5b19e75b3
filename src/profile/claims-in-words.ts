// Names the profile claims of a scope, for the consent page.
import { PROFILE_FIELDS, PROFILE_KEYS } from '../domain/profile-fields.ts';
import type { Translate } from '../http/translator.ts';

/** Returns the names of the claims, joined with the separator of the language; empty if the scope has none. */
export function claimsInWords(scope: string, t: Translate): string {
  const claims = PROFILE_KEYS.filter((key) => PROFILE_FIELDS[key].claim.scope === scope);
  return [...new Set(claims.map((key) => t(`profile_fields.${key}.consent`)))].join(t('account.separator'));
}
