// Records that a legacy identity has registered, so that it gets only one new ID, even from two browsers.
import type { EpochMilliseconds } from './account.ts';
import { REGISTRATION_DRAFT_LIFETIME_MS, type RegistrationDraft } from './registration-draft.ts';

/** How long a press of 登録 that created no account keeps the same legacy identity from registering in another browser. */
const REGISTERING_MS = 60_000;

/** Stored with the drafts. It contains no proof and no form data. */
export type LegacyRegistration = Pick<
  RegistrationDraft,
  'id' | 'version' | 'account_id' | 'registering_at' | 'registered_at' | 'expires_at'
>;

/** The id of a legacy identity's registration: the same in every browser. */
export function legacyRegistrationId(clientId: string, legacyId: string): string {
  return `legacy:${clientId}:${legacyId}`;
}

/**
 * Claims the registration for an account. If another account has it, written or claimed within the last minute, it returns the
 * same object.
 * @param exists the account id in the record, if that account is stored. The process may have died before it recorded this here.
 */
export function claimRegistration(
  standing: LegacyRegistration,
  accountId: string,
  exists: string | undefined,
  now: EpochMilliseconds,
): LegacyRegistration {
  const { id, version, account_id: owner, registered_at: done, registering_at: since = 0 } = standing;
  const isTaken = owner !== undefined && (done !== undefined || owner === exists || now < since + REGISTERING_MS);
  if (isTaken) return standing;
  return { id, version, account_id: accountId, registering_at: now, expires_at: now + REGISTRATION_DRAFT_LIFETIME_MS };
}

/** Records that the account is stored. */
export function completeRegistration(
  standing: LegacyRegistration,
  accountId: string,
  now: EpochMilliseconds,
): LegacyRegistration {
  if (standing.account_id !== accountId || standing.registered_at !== undefined) return standing;
  return { ...standing, registered_at: now, expires_at: now + REGISTRATION_DRAFT_LIFETIME_MS };
}

/** Releases the claim of a registration that failed without creating an account. */
export function releaseRegistration(standing: LegacyRegistration, accountId: string): LegacyRegistration {
  if (standing.account_id !== accountId || standing.registered_at !== undefined) return standing;
  const { account_id: _account, registering_at: _at, ...rest } = standing;
  return rest;
}
