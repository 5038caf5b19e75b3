// The claims that a service requires, and which of them the person must still be asked for.
import type { Account, EpochMilliseconds } from './account.ts';
import { profileField, type ProfileKey } from './profile-fields.ts';

/** One claim that a client's file requires (`common_id.required_claims`). */
export type RequiredClaim = {
  claim: ProfileKey;
  /** Why the service needs it, in a sentence for the person. */
  reason: { ja: string; en: string };
  /** After how many days the person must confirm it again; never if absent. */
  max_age_days?: number;
};

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Lists the required claims that the person must still be asked for, in the order of the client's file. A claim is listed if the
 * profile lacks it, if the person has not confirmed it for this client, or if the confirmation is too old.
 */
export function missingRequiredClaims(
  account: Account,
  clientId: string,
  required: readonly RequiredClaim[],
  now: EpochMilliseconds,
): RequiredClaim[] {
  const confirmation = Object.hasOwn(account.confirmations, clientId) ? account.confirmations[clientId] : undefined;
  return required.filter(({ claim, max_age_days }) => {
    if (!hasClaim(account, claim) || !confirmation?.claims.includes(claim)) return true;
    return max_age_days !== undefined && now - confirmation.confirmed_at > max_age_days * DAY_MS;
  });
}

/**
 * Records that the person has confirmed these claims for this client. A confirmation has one time for all its claims, because the
 * page shows every required claim of the client, not only the missing ones.
 */
export function confirmClaims(
  account: Account,
  clientId: string,
  claims: readonly ProfileKey[],
  now: EpochMilliseconds,
): Account {
  const before = Object.hasOwn(account.confirmations, clientId) ? account.confirmations[clientId] : undefined;
  const confirmed = [...new Set([...(before?.claims ?? []), ...claims])];
  return {
    ...account,
    confirmations: { ...account.confirmations, [clientId]: { claims: confirmed, confirmed_at: now } },
    updated_at: now,
  };
}

function hasClaim({ profile }: Account, claim: ProfileKey): boolean {
  const { kind } = profileField(claim);
  return profile[claim] !== undefined && (kind.isComplete?.(profile[claim]) ?? true);
}
