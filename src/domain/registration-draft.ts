// A registration that is not finished: what was proven and typed so far. Nothing of it is an account.
import type { EpochMilliseconds, Profile, TermsAcceptance } from './account.ts';

/** How long an unfinished registration is kept. */
export const REGISTRATION_DRAFT_LIFETIME_MS = 24 * 60 * 60 * 1000;

export type RegistrationDraft = {
  /** See `draftIdOfLegacyIdentity` and `draftIdOfBrowser`: the legacy identity or the browser that it belongs to. */
  id: string;
  version: number;
  terms?: TermsAcceptance;
  /** As typed at ⑤. */
  email?: string;
  email_canonical?: string;
  /** Set when the mailed code came back; forgotten when the address changes. */
  email_verified_at?: EpochMilliseconds;
  /** What was typed at ⑦. */
  profile?: Profile;
  /** The password of ⑦ as a bcrypt hash; the password itself is never kept. */
  password_hash?: string;
  /** The id that the account will have: 登録 pressed twice makes one account. */
  account_id?: string;
  /** When 登録 was pressed and the account written. */
  registered_at?: EpochMilliseconds;
  expires_at: EpochMilliseconds;
};

/**
 * The id of the draft of a legacy identity: the same from every browser, because the owners site vouches for the person.
 */
export function draftIdOfLegacyIdentity(clientId: string, legacyId: string): string {
  return `legacy:${clientId}:${legacyId}`;
}

/** The id of the draft of a browser that came without a legacy identity. */
export function draftIdOfBrowser(browserId: string): string {
  return `browser:${browserId}`;
}
