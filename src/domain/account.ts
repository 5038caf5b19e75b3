// An account: one person's TOYOTA/LEXUS common ID.
import type { EpochMilliseconds } from './epoch-milliseconds.ts';
import type { OwedMail } from './mails.ts';
import type { Passkey } from './passkey.ts';
import type { Profile, ProfileKey } from './profile-fields.ts';
import type { SecondFactor } from './second-factor.ts';

export type { EpochMilliseconds, Profile, ProfileKey };

/** An agreement to one version of the terms. */
export type TermsAcceptance = {
  version: string;
  language: string;
  /** SHA-256 of the text that was agreed to, hexadecimal; absent in agreements from before it was stored. */
  sha256?: string;
  accepted_at: EpochMilliseconds;
};

/** The person has confirmed that these claims are correct, for one client. */
export type ProfileConfirmation = {
  claims: ProfileKey[];
  confirmed_at: EpochMilliseconds;
};

export type EmailChange = {
  email: string;
  email_canonical: string;
  asked_at: EpochMilliseconds;
};

/** The login number that the person asked for, until they enter its code. */
export type LoginNumberChange = {
  /** E.164. */
  phone_canonical: string;
  asked_at: EpochMilliseconds;
  /** When the code was entered. Present while another account still has the number. */
  proven_at?: EpochMilliseconds;
};

export type EmailBefore = {
  email: string;
  email_canonical: string;
  /** SHA-256 of the token in the mail to this address, base64url. */
  undo_sha256: string;
  undo_until: EpochMilliseconds;
  /**
   * Hashes of the passwords at the change of address and shortly before. To undo it, the person needs one of them or the current
   * password.
   */
  password_hashes?: string[];
};

/** How a request for a lost mailbox has ended. `overtaken`: the owner has signed in, or something that it depends on has changed. */
export type LostMailboxEnd = 'refused' | 'stopped' | 'changed' | 'overtaken' | 'expired';

/** The state of a request for a lost mailbox; see `lost-mailbox.ts`. */
export type LostMailbox = {
  request: string;
  /** The new address, which was proven. */
  email: string;
  email_canonical: string;
  language: string;
  asked_at: EpochMilliseconds;
  /** The account's address and its `sign_ins_ended_at` at that time. The request is over when they change. */
  from_canonical: string;
  stood_at?: EpochMilliseconds;
  /** SHA-256 of the tokens in the mails that can stop it, base64url. */
  stop_sha256: string[];
  approved_by: string[];
  /** When the address changes; set by the last approval. */
  change_at?: EpochMilliseconds;
  ended?: { how: LostMailboxEnd; at: EpochMilliseconds };
};

/** A replaced password, kept as long as it can help to undo a change of address. */
export type PasswordBefore = { password_hash: string; until: EpochMilliseconds };

/** The mails that must be sent after one change. */
export type MailsOwed = { change: string; mails: OwedMail[]; until: EpochMilliseconds };

export type Account = {
  /** Opaque, never reused, never derived from the address. */
  id: string;
  /** Increases by one with each update. An update with another version is refused. */
  version: number;
  /** As the person wrote it. Mail goes to exactly this string. */
  email: string;
  /** See `parseEmail`; unique over all accounts. */
  email_canonical: string;
  /**
   * A mobile number in E.164 that is a login ID, unique over all accounts; see `login-number.ts`. `profile.phone_number` is only
   * for contact, and a family may share it.
   */
  phone_canonical?: string;
  /** When its code was entered. Of two accounts, the later proof gets the number. */
  phone_proven_at?: EpochMilliseconds;
  /** When it was last proven or used to sign in, to the month. */
  phone_used_at?: EpochMilliseconds;
  /** The login number that the person asked for, until they enter its code. */
  phone_change?: LoginNumberChange;
  email_verified_at: EpochMilliseconds;
  /** A bcrypt hash. */
  password_hash: string;
  /** Earlier passwords, oldest first. The owner's can still undo a change of address if a thief changes the password first. */
  passwords_before?: PasswordBefore[];
  /** When the person last set a new password. */
  password_changed_at?: EpochMilliseconds;
  /**
   * When the password or the address last changed, or a sign-in was reported. Earlier sign-ins no longer count. It is later than every earlier `auth_time`,
   * which has whole seconds. Absent in accounts from before it was stored.
   */
  sign_ins_ended_at?: EpochMilliseconds;
  /** When the owner last reported a sign-in that was not theirs; see `sign-in-report.ts`. */
  sign_in_reported_at?: EpochMilliseconds;
  /** When the person last ended all other sessions. `kept` is the `uid` of the session in which they did it. */
  sessions_ended?: { at: EpochMilliseconds; kept: string };
  /** The passkeys of the account, oldest first. */
  passkeys?: Passkey[];
  /** WebAuthn's user handle: 32 random bytes, base64url. The first passkey brings it, and it stays. */
  user_handle?: string;
  /** One-time codes of an app, asked for after the password. A new password keeps it. */
  second_factor?: SecondFactor;
  profile: Profile;
  terms: TermsAcceptance[];
  /** By client id. */
  confirmations: Record<string, ProfileConfirmation>;
  /** The language of pages and mails. */
  language: string;
  /** The new address that the person asked for, until they enter its code. */
  email_change?: EmailChange;
  /** Earlier addresses, oldest first. Each can undo its change until `undo_until`. */
  emails_before?: EmailBefore[];
  /** The latest requests of people who say that they cannot read the mailbox any more, oldest first; see `lost-mailbox.ts`. */
  lost_mailbox?: LostMailbox[];
  /** The mails about the latest changes, sent or not; see `jobs/tell-account-change.ts`. */
  mails_owed?: MailsOwed[];
  /** The person has ended the ID (退会). It is erased at `erase_at`; until then they can take it back. */
  withdrawal?: { at: EpochMilliseconds; erase_at: EpochMilliseconds };
  created_at: EpochMilliseconds;
  updated_at: EpochMilliseconds;
  /** When an operator last ended the pauses after failed sign-ins. Earlier failures no longer count. */
  limits_lifted_at?: EpochMilliseconds;
  /** Nobody can sign in: the erasure has begun, or an operator has disabled the account. */
  disabled_at?: EpochMilliseconds;
  /** An operator can enable the account again. */
  disabled_by?: 'operator';
};

/** How long a change of address can be undone, and how long a replaced password is kept for that. */
export const UNDO_LIFETIME_MS = 72 * 60 * 60 * 1000;

/** How long an account keeps the mails of a change. */
export const MAIL_OWED_MS = 24 * 60 * 60 * 1000;
/** The newest ones are kept. */
const MOST_MAILS_OWED = 20;

/** Adds the mails of a change to the account and drops expired ones. */
export function withMailsOwed(account: Account, owed: Omit<MailsOwed, 'until'>, now: EpochMilliseconds): Account {
  const earlier = (account.mails_owed ?? []).filter(({ until }) => now < until);
  return { ...account, mails_owed: [...earlier, { ...owed, until: now + MAIL_OWED_MS }].slice(-MOST_MAILS_OWED) };
}

/** The oldest ones are kept: if the password is replaced again and again, the newer ones are probably a thief's. */
const MOST_PASSWORDS_BEFORE = 3;

/** Lists the earlier passwords of an account whose password is being replaced, with the current one added. */
export function passwordsBefore(
  { password_hash, passwords_before: earlier = [] }: Account,
  now: EpochMilliseconds,
): PasswordBefore[] {
  const kept = earlier.filter(({ until }) => now < until);
  return [...kept, { password_hash, until: now + UNDO_LIFETIME_MS }].slice(0, MOST_PASSWORDS_BEFORE);
}

/** A sign-in, as recorded in a session or token. */
export type SignIn = {
  /** OpenID Connect's `auth_time`: seconds since 1970. */
  authTime: number | undefined;
  /** The `uid` of the session. */
  sessionUid: string | undefined;
  /** Whether the session or token ends when the person ends the session. */
  endsWithSession: boolean;
};

/** Returns the time from which sign-ins count. Earlier ones used another password or address. */
function signInsCountFrom({ password_changed_at: changedAt = 0, sign_ins_ended_at: endedAt = 0 }: Account): EpochMilliseconds {
  return Math.max(changedAt, endedAt);
}

/**
 * Whether a sign-in no longer counts, because the password or the address has changed since or the person has ended the session.
 * It is checked for every session and token that is used, so a session or token that was not deleted in time is still refused.
 */
export function signInIsOver(account: Account, { authTime = 0, sessionUid, endsWithSession }: SignIn): boolean {
  const at = authTime * 1000;
  if (at < signInsCountFrom(account)) return true;
  const ended = account.sessions_ended;
  return endsWithSession && ended !== undefined && at < ended.at && sessionUid !== ended.kept;
}

/**
 * Whether no new password or address has ended the sign-ins of an account since it was read. A password that was checked before such a
 * change proves nothing after it.
 */
export function signInsStand(read: Account, standing: Account): boolean {
  return read.sign_ins_ended_at === standing.sign_ins_ended_at;
}

/**
 * Returns the `auth_time`, in seconds, of a sign-in with the current password. It is now, rounded up where needed so that it is
 * not before the time from which sign-ins count.
 */
export function authTimeOf(account: Account, now: EpochMilliseconds): number {
  const countsFrom = Math.max(signInsCountFrom(account), account.sessions_ended?.at ?? 0);
  return Math.max(Math.floor(now / 1000), Math.ceil(countsFrom / 1000));
}

/** Returns the time of a change that ends every earlier sign-in: now, or just after the latest possible `auth_time`. */
export function momentAfterSignIns(account: Account, now: EpochMilliseconds): EpochMilliseconds {
  return Math.max(now, authTimeOf(account, now) * 1000 + 1);
}

/** Returns the account with every sign-in ended: sessions, codes and tokens, also those that are not found. */
export function withSignInsEnded(account: Account, now: EpochMilliseconds): Account {
  return { ...account, sign_ins_ended_at: momentAfterSignIns(account, now) };
}
