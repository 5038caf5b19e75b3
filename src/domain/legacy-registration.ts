// Whether a legacy identity has registered: it gets one new ID, whatever browser it comes from.
import type { EpochMilliseconds } from './account.ts';
import { REGISTRATION_DRAFT_LIFETIME_MS, type RegistrationDraft } from './registration-draft.ts';

/** So long one press of 登録 keeps the same legacy identity from registering in another browser, where no account came of it. */
const REGISTERING_MS = 60_000;

/** Stored beside the drafts; holds nothing proven or typed. */
export type LegacyRegistration = Pick<
  RegistrationDraft,
  'id' | 'version' | 'account_id' | 'registering_at' | 'registered_at' | 'expires_at'
>;

/** The id of a legacy identity's registration: the same in every browser. */
export function legacyRegistrationId(clientId: string, legacyId: string): string {
  return `legacy:${clientId}:${legacyId}`;
}

/**
 * Takes the registration for an account. Where another account has it – written, or being written this minute – it stays as it is.
 * @param exists the account of this id is written, also where whoever wrote it died before it could say so here
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

/** The account is written. */
export function completeRegistration(
  standing: LegacyRegistration,
  accountId: string,
  now: EpochMilliseconds,
): LegacyRegistration {
  if (standing.account_id !== accountId || standing.registered_at !== undefined) return standing;
  return { ...standing, registered_at: now, expires_at: now + REGISTRATION_DRAFT_LIFETIME_MS };
}

/** The registration failed, and there is no account. */
export function releaseRegistration(standing: LegacyRegistration, accountId: string): LegacyRegistration {
  if (standing.account_id !== accountId || standing.registered_at !== undefined) return standing;
  const { account_id: _account, registering_at: _at, ...rest } = standing;
  return rest;
}
