// An unfinished registration: the proof and the form data of one browser so far. It is not an account yet.
// Each step function returns the new draft. If the step is no longer possible, it returns the same object.
import type { Account, EpochMilliseconds, Profile, TermsAcceptance } from './account.ts';

/** How long an unfinished registration is kept. */
export const REGISTRATION_DRAFT_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** Records that the person entered the mailed code. */
export type EmailProof = {
  /** The address that it proves. */
  email_canonical: string;
  /** The browser in which the code was entered. The proof does not count in another one. */
  browser: string;
  at: EpochMilliseconds;
};

/**
 * Invariants after every change: a proof, if any, is for the draft's address; the password was typed for this address; after 登録
 * (`registering_at`) only the outcome changes.
 */
export type RegistrationDraft = {
  /** See `draftId`. */
  id: string;
  version: number;
  terms?: TermsAcceptance;
  /** As typed at ⑤. */
  email?: string;
  email_canonical?: string;
  proven?: EmailProof;
  /** The profile as typed at ⑦. */
  profile?: Profile;
  /** The bcrypt hash of the password typed at ⑦. The password itself is never stored. */
  password_hash?: string;
  /** The id that the account will have. It is fixed early, so that pressing 登録 twice makes one account. */
  account_id?: string;
  /** When 登録 was pressed. The account is being written. */
  registering_at?: EpochMilliseconds;
  /** When the account was written. */
  registered_at?: EpochMilliseconds;
  expires_at: EpochMilliseconds;
};

/** A draft after ⑤, with an address to mail a code to. */
export type AddressedDraft = RegistrationDraft & Required<Pick<RegistrationDraft, 'email' | 'email_canonical'>>;

/** A draft that is ready to become an account. */
export type CompleteDraft = RegistrationDraft &
  Required<
    Pick<RegistrationDraft, 'terms' | 'email' | 'email_canonical' | 'proven' | 'profile' | 'password_hash' | 'account_id'>
  >;

/** The rest of a draft after the account is written. */
export type RegisteredDraft = RegistrationDraft & Required<Pick<RegistrationDraft, 'email' | 'account_id' | 'registered_at'>>;

/**
 * Makes the id of a browser's draft. A legacy identity has a separate draft in each browser: the legacy site cannot prove that
 * the same person uses both, so one browser must not see another's proof and form data.
 */
export function draftId(browserId: string, legacy?: { clientId: string; legacyId: string }): string {
  const ofBrowser = `browser:${browserId}`;
  return legacy ? `${ofBrowser}:legacy:${legacy.clientId}:${legacy.legacyId}` : ofBrowser;
}

/** Whether the draft has an address. */
export function hasAddress(draft: RegistrationDraft): draft is AddressedDraft {
  return draft.email !== undefined && draft.email_canonical !== undefined;
}

/** Whether the account is written. */
export function isRegistered(draft: RegistrationDraft): draft is RegisteredDraft {
  return draft.registered_at !== undefined && draft.email !== undefined && draft.account_id !== undefined;
}

/** Whether the draft's address was proven in this browser. */
export function isProven({ proven, email_canonical }: RegistrationDraft, browserId: string): boolean {
  return proven !== undefined && proven.email_canonical === email_canonical && proven.browser === browserId;
}

/** Whether the draft has everything that an account needs, proven in this browser. */
export function isComplete(draft: RegistrationDraft, browserId: string): draft is CompleteDraft {
  const { terms, email, profile, password_hash, account_id } = draft;
  return isProven(draft, browserId) && [terms, email, profile, password_hash, account_id].every((part) => part !== undefined);
}

function isOpen({ registering_at, registered_at }: RegistrationDraft): boolean {
  return registering_at === undefined && registered_at === undefined;
}

/** ④: adds the agreement to the terms. */
export function withTerms(draft: RegistrationDraft, terms: TermsAcceptance): RegistrationDraft {
  return isOpen(draft) ? { ...draft, terms } : draft;
}

/**
 * ⑤: sets the address. A different address drops the proof and the password, so that a password is never used for another
 * address.
 */
export function withAddress(draft: RegistrationDraft, address: { email: string; canonical: string }): RegistrationDraft {
  if (!isOpen(draft)) return draft;
  const { email, canonical: email_canonical } = address;
  if (draft.email_canonical === email_canonical) return draft.proven ? draft : { ...draft, email };
  const { proven: _proven, password_hash: _hash, ...rest } = draft;
  return { ...rest, email, email_canonical };
}

/** ⑥: adds the proof of the address, if the code was mailed to the current address. */
export function withProof(draft: RegistrationDraft, proof: EmailProof): RegistrationDraft {
  return isOpen(draft) && draft.email_canonical === proof.email_canonical ? { ...draft, proven: proof } : draft;
}

/**
 * ⑦: sets the profile and the password.
 * @param typed.password_hash left out to keep the earlier password
 * @param typed.newAccountId the account's id, used if the draft has none yet
 * @param typed.checkedFor the address that the password was checked against; if the draft's address has changed, nothing is set
 */
export function withTyped(
  draft: RegistrationDraft,
  typed: { profile: Profile; password_hash?: string | undefined; newAccountId: string; checkedFor: string | undefined },
  browserId: string,
): RegistrationDraft {
  if (!isOpen(draft) || !isProven(draft, browserId) || draft.email_canonical !== typed.checkedFor) return draft;
  return {
    ...draft,
    profile: typed.profile,
    account_id: draft.account_id ?? typed.newAccountId,
    ...(typed.password_hash !== undefined && { password_hash: typed.password_hash }),
  };
}

/** ⑧: starts the registration (登録). From now on the form data cannot change. */
export function beginRegistering(draft: RegistrationDraft, browserId: string, now: EpochMilliseconds): RegistrationDraft {
  return isOpen(draft) && isComplete(draft, browserId) ? { ...draft, registering_at: now } : draft;
}

/** Reopens a draft whose 登録 created no account, so that the person can change the form data. */
export function giveUpRegistering(draft: RegistrationDraft): RegistrationDraft {
  if (draft.registered_at !== undefined) return draft;
  const { registering_at: _at, ...rest } = draft;
  return rest;
}

/** Completes the draft when the account is written. The form data is now in the account and is removed from the draft. */
export function asRegistered(
  draft: RegistrationDraft,
  account: Pick<Account, 'id' | 'email'>,
  now: EpochMilliseconds,
): RegistrationDraft {
  if (draft.registered_at !== undefined) return draft;
  const { id, version, expires_at } = draft;
  return { id, version, expires_at, email: account.email, account_id: account.id, registered_at: now };
}

/**
 * Makes the account from a complete draft.
 * @throws {Error} if the draft is not being registered or is not complete in this browser, which is a programming error
 */
export function accountOf(draft: RegistrationDraft, browserId: string, language: string, now: EpochMilliseconds): Account {
  if (draft.registering_at === undefined || !isComplete(draft, browserId)) throw new Error('the draft is not complete');
  return {
    id: draft.account_id,
    version: 1,
    email: draft.email,
    email_canonical: draft.proven.email_canonical,
    email_verified_at: draft.proven.at,
    password_hash: draft.password_hash,
    profile: draft.profile,
    terms: [draft.terms],
    confirmations: {},
    language,
    created_at: now,
    updated_at: now,
  };
}

const OF_EARLIER_VERSIONS = ['email_verified_at', 'proven_in', 'elsewhere'];

/**
 * Upgrades a stored draft. In older versions a proof did not name its address, so the proof and the password may be for another
 * address. They are dropped, and the person enters a code and a password again.
 */
export function readDraft(stored: RegistrationDraft): RegistrationDraft {
  if (!OF_EARLIER_VERSIONS.some((name) => name in stored)) return stored;
  const { password_hash: _hash, ...rest } = stored;
  return Object.fromEntries(Object.entries(rest).filter(([name]) => !OF_EARLIER_VERSIONS.includes(name))) as RegistrationDraft;
}
