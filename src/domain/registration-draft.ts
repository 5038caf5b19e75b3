// An unfinished registration: what was proven and typed so far in one browser. It is not an account yet.
// Each function returns the draft after a step, from the stored draft. If the step no longer fits, it returns the same object.
import type { Account, EpochMilliseconds, Profile, TermsAcceptance } from './account.ts';

/** How long an unfinished registration is kept. */
export const REGISTRATION_DRAFT_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** The mailed code was entered. */
export type EmailProof = {
  /** The address that it proves. */
  email_canonical: string;
  /** The browser in which it was entered; it proves nothing in another one. */
  browser: string;
  at: EpochMilliseconds;
};

/**
 * Invariants, after every change: a proof names the draft's address, or there is none; a password was typed for this address;
 * from 登録 on (`registering_at`) nothing changes but the outcome.
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
  /** What was typed at ⑦. */
  profile?: Profile;
  /** The password of ⑦ as a bcrypt hash; the password itself is never kept. */
  password_hash?: string;
  /** The id that the account will have: 登録 pressed twice makes one account. */
  account_id?: string;
  /** 登録 was pressed, and the account is being written. */
  registering_at?: EpochMilliseconds;
  /** The account is written. */
  registered_at?: EpochMilliseconds;
  expires_at: EpochMilliseconds;
};

/** A draft after ⑤: there is an address to mail a code to. */
export type AddressedDraft = RegistrationDraft & Required<Pick<RegistrationDraft, 'email' | 'email_canonical'>>;

/** A draft from which an account may be made. */
export type CompleteDraft = RegistrationDraft &
  Required<
    Pick<RegistrationDraft, 'terms' | 'email' | 'email_canonical' | 'proven' | 'profile' | 'password_hash' | 'account_id'>
  >;

/** What is left of a draft when the account is written. */
export type RegisteredDraft = RegistrationDraft & Required<Pick<RegistrationDraft, 'email' | 'account_id' | 'registered_at'>>;

/**
 * The id of a browser's draft. A legacy identity has one in each browser: the site's word does not tell that the same person sits there,
 * so what one browser proved and typed is nothing to another.
 */
export function draftId(browserId: string, legacy?: { clientId: string; legacyId: string }): string {
  const ofBrowser = `browser:${browserId}`;
  return legacy ? `${ofBrowser}:legacy:${legacy.clientId}:${legacy.legacyId}` : ofBrowser;
}

/** Whether an address was typed. */
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

/** Whether everything an account needs was proven and typed in this browser. */
export function isComplete(draft: RegistrationDraft, browserId: string): draft is CompleteDraft {
  const { terms, email, profile, password_hash, account_id } = draft;
  return isProven(draft, browserId) && [terms, email, profile, password_hash, account_id].every((part) => part !== undefined);
}

function isOpen({ registering_at, registered_at }: RegistrationDraft): boolean {
  return registering_at === undefined && registered_at === undefined;
}

/** ④: the terms were ticked. */
export function withTerms(draft: RegistrationDraft, terms: TermsAcceptance): RegistrationDraft {
  return isOpen(draft) ? { ...draft, terms } : draft;
}

/** ⑤: a different address drops the earlier proof and the password, so that no account gets a password typed for another address. */
export function withAddress(draft: RegistrationDraft, address: { email: string; canonical: string }): RegistrationDraft {
  if (!isOpen(draft)) return draft;
  const { email, canonical: email_canonical } = address;
  if (draft.email_canonical === email_canonical) return draft.proven ? draft : { ...draft, email };
  const { proven: _proven, password_hash: _hash, ...rest } = draft;
  return { ...rest, email, email_canonical };
}

/** ⑥: the code was entered. It proves the address only if that is still the one it was mailed to. */
export function withProof(draft: RegistrationDraft, proof: EmailProof): RegistrationDraft {
  return isOpen(draft) && draft.email_canonical === proof.email_canonical ? { ...draft, proven: proof } : draft;
}

/**
 * ⑦: who the person is, and the password.
 * @param typed.password_hash left out where the password that was typed before stays
 * @param typed.newAccountId the account's id, where the draft has none yet
 * @param typed.checkedFor the address that the password was compared with; for another one it was not checked
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

/** ⑧: 登録 was pressed. From here on the draft is what the account is made of. */
export function beginRegistering(draft: RegistrationDraft, browserId: string, now: EpochMilliseconds): RegistrationDraft {
  return isOpen(draft) && isComplete(draft, browserId) ? { ...draft, registering_at: now } : draft;
}

/** 登録 did not create an account, so the person may change what they typed. */
export function giveUpRegistering(draft: RegistrationDraft): RegistrationDraft {
  if (draft.registered_at !== undefined) return draft;
  const { registering_at: _at, ...rest } = draft;
  return rest;
}

/** The account is written: what was typed is in it now, and the draft only remembers that it is done. */
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
 * The account that a draft becomes.
 * @throws {Error} the draft is not being registered, or its address is not proven in this browser: the program has a fault
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
 * A draft as it was stored, also by a version before proofs named their address: what such a one says of a proof, and the password beside
 * it, is dropped, because it may be another address's. The person enters a code and a password once more.
 */
export function readDraft(stored: RegistrationDraft): RegistrationDraft {
  if (!OF_EARLIER_VERSIONS.some((name) => name in stored)) return stored;
  const { password_hash: _hash, ...rest } = stored;
  return Object.fromEntries(Object.entries(rest).filter(([name]) => !OF_EARLIER_VERSIONS.includes(name))) as RegistrationDraft;
}
