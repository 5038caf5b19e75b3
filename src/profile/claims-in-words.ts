// Names the claims of the profile that a scope opens, for the page that asks for consent.
import { PROFILE_FIELDS, PROFILE_KEYS } from '../domain/profile-fields.ts';
import type { Translate } from '../http/translator.ts';

/** The claims in words, with the separator of the language between them; empty for a scope that opens none. */
export function claimsInWords(scope: string, t: Translate): string {
  const claims = PROFILE_KEYS.filter((key) => PROFILE_FIELDS[key].claim.scope === scope);
  return [...new Set(claims.map((key) => t(`profile_fields.${key}.consent`)))].join(t('account.separator'));
}
