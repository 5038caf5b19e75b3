// An account: one person's TOYOTA/LEXUS common ID.
import type { EpochMilliseconds } from './epoch-milliseconds.ts';
import type { OwedMail } from './mails.ts';
import type { Profile, ProfileKey } from './profile-fields.ts';

export type { EpochMilliseconds, Profile, ProfileKey };

/** An agreement to one version of the terms. */
export type TermsAcceptance = {
  version: string;
  language: string;
  /** Of the text that was agreed to; absent where it was agreed to before this was kept. */
  sha256?: string;
  accepted_at: EpochMilliseconds;
};

/** That the person has looked at these claims for this client and called them right. */
export type ProfileConfirmation = {
  claims: ProfileKey[];
  confirmed_at: EpochMilliseconds;
};

export type EmailChange = {
  email: string;
  email_canonical: string;
  asked_at: EpochMilliseconds;
};

export type EmailBefore = {
  email: string;
  email_canonical: string;
  /** SHA-256 of the token in the mail to this address, base64url. */
  undo_sha256: string;
  undo_until: EpochMilliseconds;
  /** Hashes of the passwords that the ID had when the address changed and shortly before. One of them, or the current password, undoes the change. */
  password_hashes?: string[];
};

/** A replaced password, kept while it can undo a change of address. */
export type PasswordBefore = { password_hash: string; until: EpochMilliseconds };

/** The mails that one change owes. */
export type MailsOwed = { change: string; mails: OwedMail[]; until: EpochMilliseconds };

export type Account = {
  /** The `sub` of the account: opaque, never reused, never derived from the address. */
  id: string;
  /** Grows by one with each update; an update that names another version is refused. */
  version: number;
  /** As the person wrote it. Mail goes to exactly this string. */
  email: string;
  /** See `parseEmail`; unique over all accounts. */
  email_canonical: string;
  /**
   * E.164, where it is a login ID: of one account only. No page makes one so far; `profile.phone_number` is where the person can be
   * reached, and a family may share it.
   */
  phone_canonical?: string;
  email_verified_at: EpochMilliseconds;
  /** A bcrypt hash. */
  password_hash: string;
  /** Earlier passwords, oldest first. The owner's still counts if a thief changes the password before the address. */
  passwords_before?: PasswordBefore[];
  /** When the person set a new one. */
  password_changed_at?: EpochMilliseconds;
  /**
   * When the password or the address last changed, and later than every `auth_time` before that, which has whole seconds: who signed in
   * before it has to do it again. Absent in accounts from before it was kept.
   */
  sign_ins_ended_at?: EpochMilliseconds;
  /** When the person last ended all sessions, except `kept`: the `uid` of the session in which they did it. */
  sessions_ended?: { at: EpochMilliseconds; kept: string };
  profile: Profile;
  terms: TermsAcceptance[];
  /** By client id. */
  confirmations: Record<string, ProfileConfirmation>;
  /** Pages and mails speak this language. */
  language: string;
  /** The address that the person wants instead, until its code comes back. */
  email_change?: EmailChange;
  /** The addresses before, each of which can take its change back for a while; oldest first. */
  emails_before?: EmailBefore[];
  /** What tells of the latest changes, whether it was sent or not; see `jobs/tell-account-change.ts`. */
  mails_owed?: MailsOwed[];
  created_at: EpochMilliseconds;
  updated_at: EpochMilliseconds;
  disabled_at?: EpochMilliseconds;
};

/** How long a change of address can be undone, and a replaced password can help with that. */
export const UNDO_LIFETIME_MS = 72 * 60 * 60 * 1000;

/** How long an account keeps which mails a change owes. */
export const MAIL_OWED_MS = 24 * 60 * 60 * 1000;
/** The newest are kept. */
const MOST_MAILS_OWED = 20;

/** The account with the mails that a change owes. */
export function withMailsOwed(account: Account, owed: Omit<MailsOwed, 'until'>, now: EpochMilliseconds): Account {
  const earlier = (account.mails_owed ?? []).filter(({ until }) => now < until);
  return { ...account, mails_owed: [...earlier, { ...owed, until: now + MAIL_OWED_MS }].slice(-MOST_MAILS_OWED) };
}

/** The oldest are kept: a password that is replaced again and again is not the owner's. */
const MOST_PASSWORDS_BEFORE = 3;

/** @returns the earlier passwords of an account whose password is being replaced */
export function passwordsBefore(
  { password_hash, passwords_before: earlier = [] }: Account,
  now: EpochMilliseconds,
): PasswordBefore[] {
  const kept = earlier.filter(({ until }) => now < until);
  return [...kept, { password_hash, until: now + UNDO_LIFETIME_MS }].slice(0, MOST_PASSWORDS_BEFORE);
}

/** A sign-in, as a session or a token remembers it. */
export type SignIn = {
  /** OpenID Connect's `auth_time`: seconds since 1970. */
  authTime: number | undefined;
  /** The `uid` of the session. */
  sessionUid: string | undefined;
  /** Whether the session or token that remembers it ends with the session. */
  endsWithSession: boolean;
};

/** The moment from which sign-ins count. Earlier ones were made with another password or address. */
function signInsCountFrom({ password_changed_at: changedAt = 0, sign_ins_ended_at: endedAt = 0 }: Account): EpochMilliseconds {
  return Math.max(changedAt, endedAt);
}

/**
 * Whether a sign-in counts no more: the password or the address was changed since, or the person has ended the session. It is asked about
 * every session and token that is used; nothing depends on whether it was found and removed.
 */
export function signInIsOver(account: Account, { authTime = 0, sessionUid, endsWithSession }: SignIn): boolean {
  const at = authTime * 1000;
  if (at < signInsCountFrom(account)) return true;
  const ended = account.sessions_ended;
  return endsWithSession && ended !== undefined && at < ended.at && sessionUid !== ended.kept;
}

/**
 * The `auth_time` of a person who has shown the account's present password, in seconds: now, and not before the moment from which on
 * sign-ins count, which may be later in the same second.
 */
export function authTimeOf(account: Account, now: EpochMilliseconds): number {
  const countsFrom = Math.max(signInsCountFrom(account), account.sessions_ended?.at ?? 0);
  return Math.max(Math.floor(now / 1000), Math.ceil(countsFrom / 1000));
}

/** The moment of a change that ends every earlier sign-in: now, or just after the latest possible `auth_time`. */
export function momentAfterSignIns(account: Account, now: EpochMilliseconds): EpochMilliseconds {
  return Math.max(now, authTimeOf(account, now) * 1000 + 1);
}
