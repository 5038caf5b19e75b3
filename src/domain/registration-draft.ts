// A registration that is not finished: what was proven and typed so far. Nothing of it is an account.
import type { EpochMilliseconds, Profile, TermsAcceptance } from './account.ts';
import { parseEmail } from './canonical-email.ts';

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
  /** The browser in which the code came back. */
  proven_in?: string;
  /** What was typed at ⑦. */
  profile?: Profile;
  /** The password of ⑦ as a bcrypt hash; the password itself is never kept. */
  password_hash?: string;
  /** The id that the account will have: 登録 pressed twice makes one account. */
  account_id?: string;
  /** When 登録 was pressed and the account written. */
  registered_at?: EpochMilliseconds;
  /** What was typed in a browser that proved another address than this one has: comes back when that address is proven here too. */
  elsewhere?: Pick<RegistrationDraft, 'email_canonical' | 'profile' | 'password_hash' | 'account_id'>;
  expires_at: EpochMilliseconds;
};

/**
 * The id of the draft of a legacy identity: the same from every browser, because the owners site vouches for the person.
 */
export function draftIdOfLegacyIdentity(clientId: string, legacyId: string): string {
  return `legacy:${clientId}:${legacyId}`;
}

/**
 * The draft as a browser may see it. Whoever is lured into another person's migration proves an address and types who they are; nobody
 * may go on with that from another browser by the legacy site's word alone. Where the address is the one that the legacy site itself
 * handed over, it is the same person in another browser, and everything goes on; else the code is asked for once more.
 */
export function draftIn(draft: RegistrationDraft, browserId: string, handedOverEmail: string | undefined): RegistrationDraft {
  const { id, version, expires_at, terms, email_canonical, profile, password_hash, account_id, proven_in } = draft;
  if (proven_in === undefined || proven_in === browserId || email_canonical === canonicalOf(handedOverEmail)) return draft;
  const typed = {
    ...(email_canonical !== undefined && { email_canonical }),
    ...(profile && { profile }),
    ...(password_hash !== undefined && { password_hash }),
    ...(account_id !== undefined && { account_id }),
  };
  return { id, version, expires_at, ...(terms && { terms }), ...(draft.registered_at === undefined && { elsewhere: typed }) };
}

function canonicalOf(email: string | undefined): string | undefined {
  const parsed = parseEmail(email ?? '');
  return parsed.ok ? parsed.canonical : undefined;
}

/** What changes in a draft when the code comes back in this browser. */
export function proof(
  { elsewhere, email_canonical }: RegistrationDraft,
  browserId: string,
  now: EpochMilliseconds,
): Partial<RegistrationDraft> {
  const typed = elsewhere?.email_canonical === email_canonical ? elsewhere : {};
  return { ...typed, email_verified_at: now, proven_in: browserId };
}

/** The id of the draft of a browser that came without a legacy identity. */
export function draftIdOfBrowser(browserId: string): string {
  return `browser:${browserId}`;
}
