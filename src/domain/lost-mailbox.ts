// A request to change the address of an ID whose owner can no longer read the registered mailbox. Two operators must approve it; the
// address changes after a waiting time, in which the owner can stop it. The request that was typed is a record of its own; its state stands
// in the account, so that each step is one write with one event.
import {
  withSignInsEnded,
  passwordsBefore,
  UNDO_LIFETIME_MS,
  type Account,
  type LostMailbox,
  type LostMailboxEnd,
} from './account.ts';
import type { EpochMilliseconds } from './epoch-milliseconds.ts';
import type { Profile } from './profile-fields.ts';

export type { LostMailbox, LostMailboxEnd };

/** How long a person may take from the form to the code. */
export const LOST_MAILBOX_FORM_MS = 30 * 60 * 1000;
/** How long a request waits for the operators. */
export const LOST_MAILBOX_OPEN_MS = 14 * 24 * 60 * 60 * 1000;
/** How long a request is kept, so that operators see earlier ones. */
export const LOST_MAILBOX_KEPT_MS = 30 * 24 * 60 * 60 * 1000;
/** How many open requests an ID can have. Anybody can make one, so more are not taken. */
const MOST_OPEN = 5;
export const APPROVALS_NEEDED = 2;

/** What a person typed. The id is the number that the page and the operators show. */
export type LostMailboxRequest = {
  id: string;
  version: number;
  expires_at: EpochMilliseconds;
  /** The registered address, as typed. */
  email: string;
  email_canonical: string;
  new_email: string;
  new_email_canonical: string;
  /** What the person knows about the ID. */
  profile: Profile;
  language: string;
  /** When the last code was asked for. */
  sent_at: EpochMilliseconds;
  /** When the code that was mailed to the new address was entered. */
  proven_at?: EpochMilliseconds;
  /** The ID with the registered address; `null` if there is none that can be used. Set by a job, so that the pages do not reveal it. */
  account_id?: string | null;
  /** Only of a request without an ID. */
  refused?: { operator: string; reason: string; at: EpochMilliseconds };
};

type Ends = Pick<LostMailbox, 'asked_at' | 'change_at' | 'ended'>;

/** Whether a request can still be approved, refused or stopped. An approved one is open until it is carried out. */
export function isOpen({ asked_at: askedAt, change_at: changeAt, ended }: Ends, now: EpochMilliseconds): boolean {
  return ended === undefined && (changeAt !== undefined || now < askedAt + LOST_MAILBOX_OPEN_MS);
}

/** Returns the open requests of an account, oldest first. */
export function openLostMailboxes({ lost_mailbox: all = [] }: Account, now: EpochMilliseconds): LostMailbox[] {
  return all.filter((one) => isOpen(one, now));
}

export function findLostMailbox({ lost_mailbox: all = [] }: Account, request: string): LostMailbox | undefined {
  return all.find((one) => one.request === request);
}

/** Whether the account is as it was when the request was made: the same address, no new password, not withdrawn. */
export function stillStands(account: Account, one: LostMailbox): boolean {
  return (
    account.disabled_at === undefined &&
    account.withdrawal === undefined &&
    account.email_canonical === one.from_canonical &&
    account.sign_ins_ended_at === one.stood_at
  );
}

/** The addresses at which the owner of an account can be reached: the registered one, and those that were replaced a short time ago. */
export function knownAddresses({ email, emails_before: before = [] }: Account, now: EpochMilliseconds): string[] {
  return [email, ...before.filter(({ undo_until: until }) => now < until).map((earlier) => earlier.email)];
}

/**
 * Adds a request, and drops those that are older than `LOST_MAILBOX_KEPT_MS`. Returns `undefined` if the account has it already, has too many
 * open ones, or cannot be used.
 */
export function withLostMailbox(
  account: Account,
  { id, new_email, new_email_canonical, language }: LostMailboxRequest,
  stopSha256: string,
  now: EpochMilliseconds,
): Account | undefined {
  const { lost_mailbox: all = [], disabled_at, withdrawal, sign_ins_ended_at: stood } = account;
  if (disabled_at !== undefined || withdrawal !== undefined || findLostMailbox(account, id)) return undefined;
  if (openLostMailboxes(account, now).length >= MOST_OPEN) return undefined;
  const added: LostMailbox = {
    request: id,
    email: new_email,
    email_canonical: new_email_canonical,
    language,
    asked_at: now,
    from_canonical: account.email_canonical,
    ...(stood === undefined ? {} : { stood_at: stood }),
    stop_sha256: [stopSha256],
    approved_by: [],
  };
  return { ...account, lost_mailbox: [...all.filter(({ asked_at: at }) => now < at + LOST_MAILBOX_KEPT_MS), added] };
}

/** Changes an open request. Returns `undefined` if there is none with this number, or if `change` returns `undefined`. */
export function changeLostMailbox(
  account: Account,
  request: string,
  now: EpochMilliseconds,
  change: (one: LostMailbox) => LostMailbox | undefined,
): Account | undefined {
  const standing = findLostMailbox(account, request);
  const next = standing && isOpen(standing, now) ? change(standing) : undefined;
  return next && replaced(account, standing, next);
}

/** Ends a request that was not approved in time. Returns `undefined` if it was approved, has ended, or is still open. */
export function withExpired(account: Account, request: string, now: EpochMilliseconds): Account | undefined {
  const standing = findLostMailbox(account, request);
  if (!standing || standing.ended || isOpen(standing, now)) return undefined;
  return replaced(account, standing, withEnd(standing, 'expired', now));
}

function replaced(account: Account, standing: LostMailbox | undefined, next: LostMailbox): Account {
  return { ...account, lost_mailbox: (account.lost_mailbox ?? []).map((one) => (one === standing ? next : one)) };
}

/**
 * Adds the approval of an operator. The last one that is needed sets the time of the change.
 * @param approval.stopSha256 of the token in the mail that says when the address changes
 */
export function withApproval(
  one: LostMailbox,
  { operator, changeAt, stopSha256 }: { operator: string; changeAt: EpochMilliseconds; stopSha256: string },
): LostMailbox | undefined {
  const { approved_by: approvedBy } = one;
  if (one.change_at !== undefined || approvedBy.includes(operator)) return undefined;
  const approved = [...approvedBy, operator];
  if (approved.length < APPROVALS_NEEDED) return { ...one, approved_by: approved };
  return { ...one, approved_by: approved, change_at: changeAt, stop_sha256: [...one.stop_sha256, stopSha256] };
}

/** Ends a request. */
export function withEnd(one: LostMailbox, how: LostMailboxEnd, now: EpochMilliseconds): LostMailbox {
  return { ...one, ended: { how, at: now } };
}

/**
 * Gives the account the new address of a request whose time has come. The old address can undo it like any change of address. Returns
 * `undefined` if the request is not open, its time has not come, or something that it depends on has changed.
 */
export function withAddressOf(
  account: Account,
  request: string,
  undoSha256: string,
  now: EpochMilliseconds,
): Account | undefined {
  const one = findLostMailbox(account, request);
  if (!one || !isOpen(one, now) || !stillStands(account, one) || one.change_at === undefined || now < one.change_at)
    return undefined;
  const { email_change: _wanted, ...rest } = withSignInsEnded(account, now);
  return {
    ...rest,
    email: one.email,
    email_canonical: one.email_canonical,
    email_verified_at: one.asked_at,
    emails_before: [
      ...(account.emails_before ?? []).filter(({ undo_until: until }) => now < until),
      {
        email: account.email,
        email_canonical: account.email_canonical,
        undo_sha256: undoSha256,
        undo_until: now + UNDO_LIFETIME_MS,
        password_hashes: passwordsBefore(account, now).map(({ password_hash: hash }) => hash),
      },
    ],
    lost_mailbox: (account.lost_mailbox ?? []).map((other) =>
      other === one ? withEnd(one, 'changed', now) : isOpen(other, now) ? withEnd(other, 'overtaken', now) : other,
    ),
  };
}
